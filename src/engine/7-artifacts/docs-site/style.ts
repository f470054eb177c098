/** The site's style sheet: light and dark by the reader's setting, no fonts or files from elsewhere. */
export const style = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f5f6f8;--ink:#1c2430;--soft:#5b6675;--line:#dfe3e8;--accent:#0b6bcb;--mark:#e7f1fc}
@media(prefers-color-scheme:dark){:root{--bg:#14181d;--panel:#1b2128;--ink:#e6e9ed;--soft:#98a2b0;--line:#2d353f;--accent:#66b2ff;--mark:#1d3148}}
*{box-sizing:border-box}
body{margin:0;display:grid;grid-template-columns:320px 1fr;height:100vh;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}
aside{background:var(--panel);border-right:1px solid var(--line);display:flex;flex-direction:column;min-height:0}
aside header{padding:16px}aside h1{font-size:17px;margin:0 0 10px}
input[type=search]{width:100%;padding:8px 10px;border:1px solid var(--line);border-radius:6px;background:var(--bg);color:inherit;font:inherit}
nav{overflow:auto;padding:0 8px 24px;flex:1}
nav details{margin:2px 0}nav summary{cursor:pointer;padding:3px 8px;color:var(--soft);font-size:13px;text-transform:uppercase;letter-spacing:.04em}
nav a{display:block;padding:3px 8px 3px 22px;border-radius:5px;color:inherit;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
nav a:hover{background:var(--mark);text-decoration:none}nav a[aria-current]{background:var(--mark);color:var(--accent);font-weight:600}
nav small{color:var(--soft)}
main{overflow:auto;padding:28px 36px 60px;min-width:0}
main>*{max-width:1100px}h2{margin:0 0 4px;overflow-wrap:anywhere}h3{margin:28px 0 8px;font-size:16px}
.kind{display:inline-block;font-size:12px;padding:1px 8px;border:1px solid var(--line);border-radius:10px;color:var(--soft);margin-right:6px}
.path{color:var(--soft);font-size:13px}
dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 16px;margin:14px 0}dt{color:var(--soft)}dd{margin:0;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;padding:6px 10px;border-bottom:1px solid var(--line)}
th{font-size:13px;color:var(--soft);font-weight:600}td p{margin:0}td code,.mono{font-family:ui-monospace,monospace;font-size:13px}
pre{background:var(--panel);border:1px solid var(--line);border-radius:6px;padding:12px;overflow:auto;font:13px/1.5 ui-monospace,monospace;margin:8px 0}
.tabs button,.depth button{font:inherit;font-size:13px;border:1px solid var(--line);background:var(--bg);color:inherit;border-radius:6px;padding:3px 10px;margin-right:6px;cursor:pointer}
button[aria-pressed=true]{background:var(--mark);color:var(--accent);border-color:var(--accent)}
.graph{border:1px solid var(--line);border-radius:6px;overflow:auto;max-height:520px;background:var(--panel);margin-top:8px}
.graph rect{fill:var(--bg);stroke:var(--line)}.graph .self rect{stroke:var(--accent);stroke-width:2}
.graph text{fill:var(--ink);font-size:12px}.graph .type{fill:var(--soft);font-size:10px}.graph path{fill:none;stroke:var(--soft);opacity:.6}
.graph a:hover rect{fill:var(--mark)}
.k{color:var(--accent)}.s{color:#2f8f4e}.c{color:var(--soft)}
ul.links{columns:2;padding-left:18px;margin:4px 0}.empty{color:var(--soft)}
@media(max-width:800px){body{grid-template-columns:1fr;height:auto}aside{max-height:45vh}ul.links{columns:1}}
`;
