// The flame graph itself: boxes of a tree on a canvas that is as large as what can be seen of them.

const rowHeight = 18;
/** Boxes below this many pixels are not drawn. */
const narrowest = 0.4;

const palettes = {
  light: { ground: "#ffffff", ink: "#1b1b1f", focus: "#5b21b6", matched: "#c084fc", gap: "#ffffff", pale: 0.7 },
  dark: { ground: "#17171b", ink: "#f4f4f8", focus: "#d8b4fe", matched: "#7e3fbf", gap: "#17171b", pale: 0.7 },
};

function isDark() { return matchMedia("(prefers-color-scheme: dark)").matches; }

function hashOf(text) {
  let hash = 2166136261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16777619);
  return hash >>> 0;
}

/** Letters have a contrast of at least 4.5 : 1 on each of these. */
function functionColour(fn, dark) {
  const shade = hashOf(fn.name) % 24;
  const colour = (hue, saturation, light, darkLight) => `hsl(${hue} ${saturation}% ${dark ? darkLight : light}%)`;
  if (fn.kind === kinds.marker) return colour(240, 6, 84 + shade / 12, 30 + shade / 12);
  if (fn.kind === kinds.interpreted) return colour(200 + shade, 70, 74 + shade / 4, 28 + shade / 4);
  if (fn.kind === kinds.justInTime) return colour(115 + shade, 45, 72 + shade / 4, 24 + shade / 4);
  if (fn.inApp) return colour(16 + shade, dark ? 62 : 92, 70 + shade / 4, 29 + shade / 4);
  return colour(42 + shade / 2, dark ? 28 : 55, 83 + shade / 6, 26 + shade / 6);
}

/** Red took more of the later profile than of the earlier one, blue less; `change` is from -1 to 1. */
function changeColour(change, dark) {
  const strength = Math.min(1, Math.abs(change) * 1.5);
  const hue = change > 0 ? 8 : 215;
  if (strength < 0.04) return dark ? "hsl(240 6% 30%)" : "hsl(240 6% 88%)";
  const lightness = dark ? 27 + strength * 9 : 91 - strength * 24;
  return `hsl(${hue} ${20 + strength * 65}% ${lightness}%)`;
}

class FlameGraph {
  constructor(model, canvas, scroller, spacer) {
    Object.assign(this, { model, canvas, scroller, spacer });
    this.tree = model.tree;
    this.side = model.profiles.length - 1;
    this.zoom = 0;
    this.focus = -1;
    this.matched = null;
    this.rows = [];
    scroller.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => { this.layOut(); this.draw(); }).observe(scroller);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Where everything is, from what the tree's nodes took: `rows[depth]` is a list of node, x, width. */
  layOut() {
    const { tree, zoom } = this, totals = tree.totals[this.side];
    this.width = this.scroller.clientWidth;
    this.rows = [];
    if (totals[zoom] > 0) {
      for (let node = zoom; node >= 0; node = tree.parent[node]) this.add(node, 0, this.width);
      const scale = this.width / totals[zoom], pending = [zoom, 0];
      while (pending.length) {
        let x = pending.pop();
        const parent = pending.pop();
        for (let node = tree.firstChild[parent]; node >= 0; node = tree.nextSibling[node]) {
          const width = totals[node] * scale;
          if (width >= narrowest) {
            this.add(node, x, width);
            pending.push(node, x);
          }
          x += width;
        }
      }
    }
    this.spacer.style.height = `${Math.max(this.rows.length * rowHeight, this.scroller.clientHeight)}px`;
  }

  add(node, x, width) {
    const depth = this.tree.depth[node];
    (this.rows[depth] ??= []).push(node, x, width);
  }

  draw() {
    const ratio = devicePixelRatio || 1, height = this.scroller.clientHeight;
    const { canvas } = this;
    if (canvas.width !== Math.round(this.width * ratio) || canvas.height !== Math.round(height * ratio)) {
      canvas.width = Math.round(this.width * ratio);
      canvas.height = Math.round(height * ratio);
      canvas.style.width = `${this.width}px`;
      canvas.style.height = `${height}px`;
    }
    const pen = canvas.getContext("2d"), dark = isDark(), palette = dark ? palettes.dark : palettes.light;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = palette.ground;
    pen.fillRect(0, 0, this.width, height);
    pen.font = '12px ui-monospace, Menlo, "DejaVu Sans Mono", monospace';
    pen.textBaseline = "middle";
    this.letter ??= pen.measureText("m").width;
    const top = this.scroller.scrollTop;
    const last = Math.min(this.rows.length - 1, Math.floor((top + height) / rowHeight));
    for (let depth = Math.floor(top / rowHeight); depth <= last; depth++) {
      const row = this.rows[depth] ?? [];
      for (let index = 0; index < row.length; index += 3) {
        this.drawBox(pen, row[index], row[index + 1], depth * rowHeight - top, row[index + 2], palette, dark);
      }
    }
  }

  drawBox(pen, node, x, y, width, palette, dark) {
    const fn = this.tree.fn[node];
    const isAbove = this.tree.depth[node] < this.tree.depth[this.zoom];
    const isMatched = this.matched && fn >= 0 && this.matched[fn];
    pen.globalAlpha = isAbove ? palette.pale : 1;
    pen.fillStyle = isMatched ? palette.matched : this.colour(node, fn, dark);
    pen.fillRect(x, y, width > 2 ? width - 0.5 : width, rowHeight - 1);
    const letters = Math.floor((width - 8) / this.letter);
    if (letters >= 2) {
      const name = this.nameOf(node);
      pen.fillStyle = palette.ink;
      pen.fillText(name.length > letters ? `${name.slice(0, letters - 1)}…` : name, x + 4, y + rowHeight / 2);
    }
    pen.globalAlpha = 1;
    if (node !== this.focus) return;
    pen.strokeStyle = palette.focus;
    pen.lineWidth = 2;
    pen.strokeRect(x + 1, y + 1, Math.max(1, width - 2), rowHeight - 3);
  }

  colour(node, fn, dark) {
    if (this.model.isDiff) return changeColour(this.changeOf(node), dark);
    if (fn < 0) return dark ? "hsl(240 6% 26%)" : "hsl(240 6% 90%)";
    return functionColour(this.model.functions.list[fn], dark);
  }

  nameOf(node) {
    const fn = this.tree.fn[node];
    return fn < 0 ? "all" : this.model.functions.list[fn].name;
  }

  shareOf(node, side) { return this.tree.totals[side][node] / (this.tree.totals[side][0] || 1); }

  /** From -1, only in the earlier profile, to 1, only in the later; by the shares of their own profiles. */
  changeOf(node) {
    const before = this.shareOf(node, 0), after = this.shareOf(node, 1);
    return before === after ? 0 : (after - before) / Math.max(before, after);
  }

  /** The node at a point of the window, or -1. */
  nodeAt(clientX, clientY) {
    const bounds = this.canvas.getBoundingClientRect();
    const depth = Math.floor((clientY - bounds.top + this.scroller.scrollTop) / rowHeight), x = clientX - bounds.left;
    const row = this.rows[depth] ?? [];
    for (let index = 0; index < row.length; index += 3) {
      if (x >= row[index + 1] && x < row[index + 1] + row[index + 2]) return row[index];
    }
    return -1;
  }

  /** Where a node is drawn in the window, or undefined. */
  boundsOf(node) {
    const row = this.rows[this.tree.depth[node]] ?? [], bounds = this.canvas.getBoundingClientRect();
    for (let index = 0; index < row.length; index += 3) {
      if (row[index] !== node) continue;
      const y = bounds.top + this.tree.depth[node] * rowHeight - this.scroller.scrollTop;
      return { x: bounds.left + row[index + 1], y, width: row[index + 2], height: rowHeight };
    }
    return undefined;
  }

  reveal(node) {
    const y = this.tree.depth[node] * rowHeight;
    if (y < this.scroller.scrollTop) this.scroller.scrollTop = y;
    const bottom = y + rowHeight - this.scroller.clientHeight;
    if (bottom > this.scroller.scrollTop) this.scroller.scrollTop = bottom;
  }

  /** The node beside the focused one in a direction, as far as it is drawn. */
  neighbour(key) {
    const { tree, focus } = this;
    if (focus < 0) return this.zoom;
    if (key === "ArrowUp") return tree.parent[focus] >= 0 ? tree.parent[focus] : focus;
    const row = this.rows[tree.depth[focus] + (key === "ArrowDown" ? 1 : 0)] ?? [], boxes = [];
    for (let index = 0; index < row.length; index += 3) boxes.push({ node: row[index], x: row[index + 1] });
    const nodes = boxes.sort((one, other) => one.x - other.x).map(({ node }) => node);
    if (key === "ArrowDown") return nodes.find((node) => tree.parent[node] === focus) ?? focus;
    return nodes[nodes.indexOf(focus) + (key === "ArrowLeft" ? -1 : 1)] ?? focus;
  }
}
