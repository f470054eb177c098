/**
 * The site's script, as text that runs in a browser without a build step: reads the embedded data, draws the list,
 * a page per node and its lineage. Everything of the project goes in as text nodes; only descriptions are HTML, and
 * those were escaped when they were rendered.
 */
export const client = String.raw`
"use strict";
(function () {
  var data = JSON.parse(document.getElementById("data").textContent);
  var byId = new Map(data.nodes.map(function (node) { return [node.id, node]; }));
  var titles = { source: "Sources", model: "Models", seed: "Seeds", snapshot: "Snapshots", analysis: "Analyses",
    exposure: "Exposures", semantic_model: "Semantic models", metric: "Metrics", saved_query: "Saved queries",
    function: "Functions", test: "Tests", unit_test: "Unit tests", macro: "Macros" };
  var nav = document.getElementById("nav");
  var main = document.getElementById("main");
  var search = document.getElementById("search");
  var depth = 2;

  function el(tag, attributes, children) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (key) {
      if (key === "html") node.innerHTML = attributes.html;
      else if (key === "onclick") node.addEventListener("click", attributes.onclick);
      else if (attributes[key] !== undefined) node.setAttribute(key, attributes[key]);
    });
    (children || []).forEach(function (child) {
      node.append(child);
    });
    return node;
  }
  function address(id) { return "#" + encodeURIComponent(id); }
  function linkTo(id) {
    var node = byId.get(id);
    return node ? el("a", { href: address(id), title: id }, [node.name]) : document.createTextNode(id);
  }

  /* Text that the search looks through, made once for each node. */
  var haystack = new Map(data.nodes.map(function (node) {
    var columns = node.columns.map(function (column) { return column.name + " " + column.description; });
    return [node.id, [node.name, node.id, node.path, node.tags.join(" "), node.description, columns.join(" ")].join(" ").toLowerCase()];
  }));

  function drawList() {
    var words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    var current = selectedId();
    nav.replaceChildren();
    Object.keys(titles).forEach(function (type) {
      var found = data.nodes.filter(function (node) {
        return node.type === type && words.every(function (word) { return haystack.get(node.id).includes(word); });
      });
      if (words.length) found.sort(function (a, b) { return rank(b, words) - rank(a, words) || compare(a, b); });
      else found.sort(compare);
      if (!found.length) return;
      var open = words.length > 0 || !/^(test|unit_test|macro)$/.test(type);
      var shown = found.slice(0, words.length ? 200 : 2000);
      nav.append(el("details", open ? { open: "" } : {}, [
        el("summary", {}, [titles[type] + " (" + found.length + ")"])].concat(shown.map(function (node) {
          var here = node.id === current ? "page" : undefined;
          var from = node.package === data.project ? [] : [" ", el("small", {}, [node.package])];
          return el("a", { href: address(node.id), title: node.path, "aria-current": here }, [node.name].concat(from));
        }))));
    });
    if (!nav.childNodes.length) nav.append(el("p", { class: "empty" }, ["Nothing matches."]));
  }
  function rank(node, words) {
    var name = node.name.toLowerCase();
    return words.reduce(function (sum, word) {
      return sum + (name === word ? 4 : name.startsWith(word) ? 2 : name.includes(word) ? 1 : 0);
    }, 0);
  }
  function compare(a, b) { return a.name < b.name ? -1 : a.name > b.name ? 1 : 0; }

  function drawOverview() {
    document.title = data.project;
    var counts = Object.keys(titles).map(function (type) {
      return [titles[type], data.nodes.filter(function (node) { return node.type === type; }).length];
    }).filter(function (entry) { return entry[1] > 0; });
    main.replaceChildren(
      el("h2", {}, [data.project]),
      el("p", { class: "path" }, ["Generated " + data.generated.slice(0, 19).replace("T", " ") + " UTC"]),
      el("div", { html: data.overview }),
      el("dl", {}, counts.flatMap(function (entry) { return [el("dt", {}, [entry[0]]), el("dd", {}, [String(entry[1])])]; })));
  }

  function drawNode(node) {
    document.title = node.name + " - " + data.project;
    var parts = [
      el("h2", {}, [node.name]),
      el("p", {}, [el("span", { class: "kind" }, [node.type.replace("_", " ")])].concat(node.tags.map(function (tag) {
        return el("span", { class: "kind" }, ["#" + tag]);
      }), [el("span", { class: "path" }, [node.package + ": " + node.path])])),
    ];
    if (node.description) parts.push(el("div", { html: node.description }));
    if (node.facts.length) {
      parts.push(el("dl", {}, node.facts.flatMap(function (fact) {
        return [el("dt", {}, [fact[0]]), el("dd", { class: "mono" }, [fact[1]])];
      })));
    }
    if (node.columns.length) parts.push(el("h3", {}, [node.type === "macro" ? "Arguments" : "Columns"]), columnTable(node));
    if (node.parents.length || node.children.length) parts.push.apply(parts, lineage(node));
    [["Tests", node.tests], ["Depends on", node.parents], ["Used by", node.children]].forEach(function (entry) {
      if (!entry[1].length) return;
      parts.push(el("h3", {}, [entry[0]]), el("ul", { class: "links" }, entry[1].map(function (id) {
        return el("li", {}, [linkTo(id)]);
      })));
    });
    if (node.code) parts.push.apply(parts, code(node));
    main.replaceChildren.apply(main, parts);
    main.scrollTop = 0;
  }

  /* Columns by what they are made of: "id column" to the columns that use it. */
  var uses = new Map();
  data.nodes.forEach(function (node) {
    node.columns.forEach(function (column) {
      column.from.forEach(function (origin) {
        var key = origin[0] + " " + origin[1].toLowerCase();
        if (!uses.has(key)) uses.set(key, []);
        uses.get(key).push([node.id, column.name, origin[2]]);
      });
    });
  });
  function columnList(columns) {
    return el("td", {}, columns.map(function (entry) {
      var kind = entry[2] === "identity" ? "" : " (" + entry[2] + ")";
      return el("div", {}, [linkTo(entry[0]), "." + entry[1] + kind]);
    }));
  }
  function columnTable(node) {
    var rows = node.columns.map(function (column) {
      return { column: column, uses: uses.get(node.id + " " + column.name.toLowerCase()) || [] };
    });
    var made = node.columns.some(function (column) { return column.from.length; });
    var used = rows.some(function (row) { return row.uses.length; });
    var titles = ["Name", "Type", "Description", "Tests"].concat(made ? ["Made of"] : [], used ? ["Used by"] : []);
    return el("table", {}, [
      el("thead", {}, [el("tr", {}, titles.map(function (title) { return el("th", {}, [title]); }))]),
      el("tbody", {}, rows.map(function (row) {
        var column = row.column;
        return el("tr", {}, [el("td", { class: "mono" }, [column.name]), el("td", { class: "mono" }, [column.type || ""]),
          el("td", { html: column.description }), el("td", {}, [column.tests.join(", ")])].concat(
          made ? [columnList(column.from)] : [], used ? [columnList(row.uses)] : []));
      })),
    ]);
  }

  function code(node) {
    var area = el("pre", {}, []);
    var texts = node.compiled ? [["Source", node.code], ["Compiled", node.compiled]] : [["Source", node.code]];
    var buttons = texts.map(function (entry) {
      return el("button", { type: "button", onclick: function () { show(entry[0]); } }, [entry[0]]);
    });
    function show(name) {
      texts.forEach(function (entry, i) {
        buttons[i].setAttribute("aria-pressed", String(entry[0] === name));
        if (entry[0] === name) area.replaceChildren.apply(area, highlight(entry[1]));
      });
    }
    var copy = el("button", { type: "button", onclick: function () { navigator.clipboard.writeText(area.textContent); } }, ["Copy"]);
    show(texts[0][0]);
    return [el("h3", {}, ["Code"]), el("div", { class: "tabs" }, buttons.concat([copy])), area];
  }
  var token = /(--[^\n]*|\/\*[\s\S]*?\*\/|\{#[\s\S]*?#\})|('(?:[^']|'')*')|\b(select|from|where|join|left|right|inner|outer|full|cross|on|using|group|order|by|having|limit|union|all|distinct|as|with|case|when|then|else|end|and|or|not|in|is|null|between|like|over|partition|values|insert|update|delete|create|table|view|cast|exists|qualify|window|asc|desc|true|false)\b/gi;
  function highlight(text) {
    var parts = [], last = 0, match;
    token.lastIndex = 0;
    while ((match = token.exec(text))) {
      parts.push(text.slice(last, match.index), el("span", { class: match[1] ? "c" : match[2] ? "s" : "k" }, [match[0]]));
      last = match.index + match[0].length;
    }
    parts.push(text.slice(last));
    return parts;
  }

  /* Nodes within some steps of the middle, each in the column of its longest distance. */
  function around(node) {
    var column = new Map([[node.id, 0]]);
    [["parents", -1], ["children", 1]].forEach(function (way) {
      var layer = [node.id];
      for (var step = 1; step <= depth && layer.length && column.size < 300; step++) {
        var next = [];
        layer.forEach(function (id) {
          (byId.get(id) || { parents: [], children: [] })[way[0]].forEach(function (other) {
            if (!byId.has(other) || other === node.id) return;
            if (!column.has(other) || Math.sign(column.get(other)) === way[1]) {
              column.set(other, step * way[1]);
              next.push(other);
            }
          });
        });
        layer = Array.from(new Set(next));
      }
    });
    return column;
  }

  function lineage(node) {
    var box = el("div", { class: "graph" }, []);
    var steps = [1, 2, 3, 99];
    var buttons = steps.map(function (count) {
      return el("button", { type: "button", onclick: function () { depth = count; draw(); } }, [count === 99 ? "All" : "" + count]);
    });
    function draw() {
      buttons.forEach(function (button, i) { button.setAttribute("aria-pressed", String(steps[i] === depth)); });
      box.replaceChildren(picture(node));
    }
    draw();
    return [el("h3", {}, ["Lineage"]), el("div", { class: "depth" }, ["Steps ", ].concat(buttons)), box];
  }

  function svg(tag, attributes, children) {
    var node = document.createElementNS("http://www.w3.org/2000/svg", tag);
    Object.keys(attributes).forEach(function (key) { node.setAttribute(key, attributes[key]); });
    (children || []).forEach(function (child) { node.append(child); });
    return node;
  }
  function picture(node) {
    var column = around(node);
    var columns = new Map();
    Array.from(column.keys()).sort().forEach(function (id) {
      var at = column.get(id);
      columns.set(at, (columns.get(at) || []).concat([id]));
    });
    var order = Array.from(columns.keys()).sort(function (a, b) { return a - b; });
    var tallest = Math.max.apply(null, order.map(function (at) { return columns.get(at).length; }));
    var width = 190, gap = 60, height = 40, row = 52;
    var place = new Map();
    order.forEach(function (at, c) {
      var ids = columns.get(at);
      ids.forEach(function (id, r) {
        place.set(id, { x: 16 + c * (width + gap), y: 16 + (tallest - ids.length) * row / 2 + r * row });
      });
    });
    var drawn = [];
    place.forEach(function (to, id) {
      byId.get(id).parents.forEach(function (parent) {
        var from = place.get(parent);
        if (!from) return;
        var x1 = from.x + width, y1 = from.y + height / 2, x2 = to.x, y2 = to.y + height / 2, bend = Math.max(30, (x2 - x1) / 2);
        drawn.push(svg("path", { d: "M" + x1 + " " + y1 + "C" + (x1 + bend) + " " + y1 + " " + (x2 - bend) + " " + y2 + " " + x2 + " " + y2 }));
      });
    });
    place.forEach(function (at, id) {
      var other = byId.get(id);
      var label = other.name.length > 25 ? other.name.slice(0, 24) + "…" : other.name;
      var group = svg("a", { href: address(id), class: id === node.id ? "self" : "" }, [
        svg("title", {}, [id]),
        svg("rect", { x: at.x, y: at.y, width: width, height: height, rx: 6 }),
        svg("text", { x: at.x + 10, y: at.y + 17 }, [label]),
        svg("text", { x: at.x + 10, y: at.y + 31, class: "type" }, [other.type.replace("_", " ")]),
      ]);
      drawn.push(group);
    });
    var right = 32 + order.length * (width + gap) - gap, bottom = 32 + tallest * row;
    return svg("svg", { width: right, height: bottom, viewBox: "0 0 " + right + " " + bottom, role: "img", "aria-label": "Lineage of " + node.name }, drawn);
  }

  function selectedId() {
    try { return decodeURIComponent(location.hash.slice(1)); } catch { return ""; }
  }
  function draw() {
    var node = byId.get(selectedId());
    if (node) drawNode(node); else drawOverview();
    drawList();
  }
  search.addEventListener("input", drawList);
  addEventListener("hashchange", draw);
  addEventListener("keydown", function (event) {
    if (event.key === "/" && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  });
  draw();
})();
`;
