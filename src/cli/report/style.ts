/** The look of every page: system fonts, one accent, three tones, light and dark. */
export const style = `
:root{color-scheme:light dark;--ink:#17202c;--soft:#5b6675;--line:#e2e7ed;--ground:#f5f7fa;--card:#fff;--good:#15803d;--warn:#a16207;--bad:#b42318;--good-bg:#dcf5e5;--warn-bg:#fdf0cf;--bad-bg:#fde4e1;--accent:#2f6feb;--accent-bg:#e4edfd;--shadow:0 1px 2px #1720280d,0 4px 16px #1720280a}
@media(prefers-color-scheme:dark){:root{--ink:#e6eaf0;--soft:#98a3b3;--line:#2a323d;--ground:#0e1217;--card:#171d25;--good:#4ccf86;--warn:#e3b341;--bad:#ff8f86;--good-bg:#11301f;--warn-bg:#392c0b;--bad-bg:#3f1a17;--accent:#6ea0ff;--accent-bg:#1a2944;--shadow:none}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:70rem;padding:2.25rem 1.5rem 4rem;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"Segoe UI",sans-serif}
h1{margin:.1em 0 .2em;font-size:2rem;letter-spacing:-.02em;overflow-wrap:anywhere}h2{margin:0 0 .9rem;font-size:1.05rem}h2 small{color:var(--soft);font-weight:400;margin-left:.4em}h3{margin:0;font-size:1rem;overflow-wrap:anywhere}
p{margin:.3em 0}.eyebrow{color:var(--soft);font-size:.85rem}
main>section{margin-top:1.1rem;padding:1.25rem 1.4rem;background:var(--card);border:1px solid var(--line);border-radius:.8rem;box-shadow:var(--shadow)}
.badge{display:inline-block;padding:.1em .6em;border-radius:99px;background:var(--line);font-size:.8rem;font-weight:600;vertical-align:middle;white-space:nowrap}
h1 .badge{font-size:.9rem;letter-spacing:0}
.badge.good{background:var(--good-bg);color:var(--good)}.badge.warn{background:var(--warn-bg);color:var(--warn)}.badge.bad{background:var(--bad-bg);color:var(--bad)}
main>section.hero{display:grid;grid-template-columns:9.5rem 1fr;gap:1.75rem;align-items:center}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem}
.tile{display:flex;flex-direction:column;padding:.75rem .9rem;background:var(--ground);border-radius:.6rem;border-left:3px solid var(--accent)}
.tile.good{border-color:var(--good)}.tile.warn{border-color:var(--warn)}.tile.bad{border-color:var(--bad)}
.tile span,.tile small{color:var(--soft);font-size:.82rem}.tile strong{font-size:1.45rem;line-height:1.35;font-variant-numeric:tabular-nums}
svg{display:block;width:100%}figure{margin:0}figcaption{color:var(--soft);font-size:.78rem}
.hero figure{margin-top:1rem}.ring circle{fill:none;stroke-width:11}.ring .track{stroke:var(--line)}.ring .value{stroke:var(--soft);stroke-linecap:round}
.ring.good .value{stroke:var(--good)}.ring.warn .value{stroke:var(--warn)}.ring.bad .value{stroke:var(--bad)}
.ring text{text-anchor:middle;fill:var(--ink)}.ring .figure{font-size:30px;font-weight:700}.ring .caption{font-size:11px;fill:var(--soft)}
.area{height:6rem}.area polygon{fill:var(--accent);opacity:.13}.area polyline,.spark polyline{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round;vector-effect:non-scaling-stroke}.area path{stroke:var(--accent);stroke-width:7;stroke-linecap:round;vector-effect:non-scaling-stroke}
.spark{width:6rem;height:18px;margin-left:auto}
.columns{height:4.2rem}.columns rect{fill:var(--accent);opacity:.85}.columns line{stroke:var(--line)}.ends{display:flex;justify-content:space-between;gap:1rem;font-variant-numeric:tabular-nums}
.wide{overflow-x:auto}table{width:100%;border-collapse:collapse;font-size:.92rem}th{text-align:left;color:var(--soft);font-weight:500;white-space:nowrap}
th,td{padding:.45rem .6rem;border-bottom:1px solid var(--line);vertical-align:middle}tbody tr:last-child td{border-bottom:0}.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.time{position:relative;display:inline-block;min-width:7rem;padding:0 .3rem}.time i{position:absolute;right:0;top:0;bottom:0;background:var(--accent);opacity:.16;border-radius:3px}.time b{position:relative;font-weight:400}
pre{margin:.4em 0 0;white-space:pre-wrap;overflow-wrap:anywhere;font:.82rem/1.45 ui-monospace,monospace}
.part,.step{display:grid;grid-template-columns:8rem 1fr 7.5rem;gap:.9rem;align-items:center;padding:.22rem 0}
.bar,.lane{position:relative;height:.6rem;background:var(--line);border-radius:99px;overflow:hidden}.bar i,.lane i{position:absolute;top:0;bottom:0;left:0;border-radius:99px;background:var(--accent)}
.bar.good i,i.good{background:var(--good)}.bar.warn i,.lane i.warn{background:var(--warn)}.bar.bad i,.lane i.bad{background:var(--bad)}.lane i.good{background:var(--good)}
td .bar{min-width:4rem}
.lost{grid-column:2/-1;margin:.1rem 0 .5rem;padding-left:1rem;color:var(--soft);font-size:.88rem}.lost b{color:var(--bad);font-weight:600}.lost details{border:0}.lost summary{display:list-item;padding:0;color:var(--accent)}
code{display:block;margin:.15rem 0 .25rem;font:.78rem/1.4 ui-monospace,monospace;overflow-wrap:anywhere;color:var(--soft)}
.layers{display:flex;flex-wrap:wrap;align-items:stretch;gap:.5rem}.layer{flex:1 1 9rem;padding:.8rem 1rem;background:var(--ground);border-radius:.6rem}.layer strong{display:block;font-size:1.25rem;font-variant-numeric:tabular-nums}.layer small{color:var(--soft)}.layer .bar{margin-top:.5rem}.arrow{align-self:center;color:var(--soft)}
details{border-bottom:1px solid var(--line)}details:last-child{border-bottom:0}summary{display:grid;grid-template-columns:1fr 6.5rem 7rem 8rem 3.6rem;gap:1rem;align-items:center;padding:.55rem .25rem;cursor:pointer;list-style:none}summary::-webkit-details-marker{display:none}
summary>:first-child::before{content:"›";display:inline-block;width:1em;color:var(--soft)}details[open]>summary>:first-child::before{transform:rotate(90deg)}details>.parts{padding:.3rem .25rem 1rem 1.2rem}
.events{list-style:none;margin:0;padding:0}.events li{margin:.4rem 0;padding:.4rem .9rem;border-left:3px solid var(--warn);border-radius:0 .4rem .4rem 0;background:var(--ground)}.events .bad{border-color:var(--bad)}.events pre{margin:.2em 0}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(17.5rem,1fr));gap:.8rem}.card{display:flex;flex-direction:column;gap:.55rem;padding:.9rem 1rem;background:var(--ground);border-radius:.6rem}
.card .type{color:var(--soft);font:.78rem ui-monospace,monospace;overflow-wrap:anywhere}.facts{display:grid;grid-template-columns:auto 1fr;gap:.1rem .8rem;margin:0;font-size:.84rem}.facts dt{color:var(--soft)}.facts dd{margin:0;text-align:right;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.top{display:grid;grid-template-columns:1fr 3.4rem;gap:.25rem .6rem;align-items:center;font-size:.84rem}.top .name{position:relative;padding:.08rem .4rem;border-radius:3px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis}.top .name i{position:absolute;left:0;top:0;bottom:0;background:var(--accent);opacity:.17}.top .name b{position:relative;font-weight:400}
.chips{display:flex;flex-wrap:wrap;gap:.35rem}.chips code{display:inline;margin:0;padding:.1em .45em;border-radius:4px;background:var(--accent-bg);color:var(--ink);white-space:pre-wrap}
a{color:var(--accent);text-decoration:none}a:hover{text-decoration:underline}section:target{outline:2px solid var(--accent)}.card>:last-child{margin-top:auto}td .bar{margin-top:.25rem}.lead{color:var(--soft);font-size:.9rem;margin:.2rem 0 1rem}
@media(max-width:44rem){body{padding:1.25rem .8rem}main>section{padding:1rem}main>section.hero{grid-template-columns:1fr}.ring{max-width:9rem;margin:auto}.part,.step{grid-template-columns:6rem 1fr}.part>.number,.step>.number{grid-column:2}summary{grid-template-columns:1fr 3.6rem}summary>:nth-child(2),summary>:nth-child(3),summary>:nth-child(4){display:none}.arrow{display:none}}
@media print{body{background:#fff}main>section{break-inside:avoid;box-shadow:none}}
`;
