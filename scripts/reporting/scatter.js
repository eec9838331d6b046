// Points of a sweep: one number against another, coloured by a key, with the front of those that no other beats.

const SCATTER_HEIGHT = 420;
const SHAPES = ["round", "square", "diamond"]; // the next one when all colours are used
const EDGE = {left: 84, right: 20, top: 16, bottom: 48};

class Scatter {
  constructor(holder, config) {
    this.columns = new Map(stored("data-" + config.table).columns.map((c) => [c.name, c]));
    Object.assign(this, {x: config.x, y: config.y, by: config.colours[0] || "none", xGoal: "least", yGoal: "least"});
    const change = (what) => (value) => { this[what] = value; this.prepare(); this.redraw(); };
    const goals = ["least", "most"];
    holder.append(element("p", {class: "choices"},
      choice("x", config.numbers, this.x, change("x")), " ", choice("best is", goals, "least", change("xGoal")), " ",
      choice("y", config.numbers, this.y, change("y")), " ", choice("best is", goals, "least", change("yGoal")), " ",
      choice("colour", [...config.colours, "none"], this.by, change("by"))));
    const box = element("div", {class: "canvas"});
    this.legend = element("ul", {class: "legend"});
    this.tip = element("div", {class: "tip", hidden: ""});
    holder.append(box, this.legend, this.tip);
    this.prepare();
    const made = canvasIn(box, () => SCATTER_HEIGHT, (pen, width, height) => this.draw(pen, width, height));
    this.redraw = made.redraw;
    made.canvas.addEventListener("pointermove", (event) => this.point(event));
    made.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.redraw();
  }

  prepare() {
    const [xs, ys] = [this.columns.get(this.x).values, this.columns.get(this.y).values];
    this.points = [];
    for (let row = 0; row < xs.length; ++row) {
      if (xs[row] !== null && ys[row] !== null) this.points.push({row, x: Number(xs[row]), y: Number(ys[row])});
    }
    this.ranges = {x: this.range("x"), y: this.range("y")};
    this.groups = this.by === "none" ? [] : [...new Set(this.columns.get(this.by).values)];
    const swatch = (i) => {
      const dot = element("span", {class: "dot"});
      dot.style.background = colour(i);
      dot.classList.add(SHAPES[Math.floor(i / COLOURS) % SHAPES.length]);
      return dot;
    };
    this.legend.replaceChildren(...this.groups.map((g, i) => element("li", {}, swatch(i), readable(g) || "(none)")));
    this.front = this.pareto();
  }

  /// Logarithmic when all are positive and far apart.
  range(axis) {
    let [low, high] = [Infinity, -Infinity];
    for (const p of this.points) [low, high] = [Math.min(low, p[axis]), Math.max(high, p[axis])];
    const log = low > 0 && high / low > 20;
    const shape = log ? Math.log10 : (v) => v;
    const pad = (shape(high) - shape(low)) * 0.05 || 0.5;
    return {log, shape, low: shape(low) - pad, high: shape(high) + pad};
  }

  pareto() {
    const [sx, sy] = [this.xGoal === "least" ? 1 : -1, this.yGoal === "least" ? 1 : -1];
    const ordered = [...this.points].sort((a, b) => sx * (a.x - b.x) || sy * (a.y - b.y));
    let best = Infinity;
    return ordered.filter((p) => sy * p.y < best && ((best = sy * p.y), true));
  }

  place(p) {
    const {x, y} = this.ranges;
    const across = (x.shape(p.x) - x.low) / (x.high - x.low);
    const up = (y.shape(p.y) - y.low) / (y.high - y.low);
    return [
      EDGE.left + across * (this.width - EDGE.left - EDGE.right),
      SCATTER_HEIGHT - EDGE.bottom - up * (SCATTER_HEIGHT - EDGE.top - EDGE.bottom),
    ];
  }

  ticks({log, low, high}) {
    if (log) {
      const powers = [];
      for (let p = Math.floor(low); p <= Math.ceil(high); ++p) powers.push(...[1, 2, 5].map((m) => m * 10 ** p));
      return powers.filter((v) => Math.log10(v) >= low && Math.log10(v) <= high);
    }
    const rough = (high - low) / 6;
    const step = [1, 2, 5, 10].map((m) => m * 10 ** Math.floor(Math.log10(rough))).find((s) => s >= rough);
    const found = [];
    for (let v = Math.ceil(low / step) * step; v <= high; v += step) found.push(Number(v.toPrecision(12)));
    return found;
  }

  draw(pen, width) {
    this.width = width;
    pen.clearRect(0, 0, width, SCATTER_HEIGHT);
    this.drawAxes(pen, width);
    const values = this.by === "none" ? null : this.columns.get(this.by).values;
    const number = new Map(this.groups.map((g, i) => [g, i]));
    const radius = this.points.length > 2000 ? 2 : 4;
    for (const p of this.points) {
      const [x, y] = this.place(p);
      const group = values ? number.get(values[p.row]) : 0;
      pen.fillStyle = colour(group);
      this.mark(pen, x, y, radius, SHAPES[Math.floor(group / COLOURS) % SHAPES.length]);
    }
    pen.strokeStyle = look("text");
    pen.beginPath();
    for (const p of this.front) pen.lineTo(...this.place(p));
    pen.stroke();
    for (const p of this.front) {
      pen.beginPath();
      pen.arc(...this.place(p), radius + 2.5, 0, 7);
      pen.stroke();
    }
  }

  mark(pen, x, y, radius, shape) {
    pen.beginPath();
    if (shape === "round") pen.arc(x, y, radius, 0, 7);
    if (shape === "square") pen.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    if (shape === "diamond") {
      const far = 1.4 * radius;
      for (const [dx, dy] of [[far, 0], [0, far], [-far, 0], [0, -far]]) pen.lineTo(x + dx, y + dy);
    }
    pen.fill();
  }

  drawAxes(pen, width) {
    pen.strokeStyle = look("line");
    pen.fillStyle = look("dim");
    const bottom = SCATTER_HEIGHT - EDGE.bottom;
    pen.textAlign = "center";
    for (const v of this.ticks(this.ranges.x)) {
      const [x] = this.place({x: v, y: this.points[0]?.y ?? 1});
      pen.strokeRect(x, EDGE.top, 0, bottom - EDGE.top);
      pen.fillText(short(v), x, bottom + 16);
    }
    pen.textAlign = "right";
    for (const v of this.ticks(this.ranges.y)) {
      const [, y] = this.place({x: this.points[0]?.x ?? 1, y: v});
      pen.strokeRect(EDGE.left, y, width - EDGE.left - EDGE.right, 0);
      pen.fillText(short(v), EDGE.left - 6, y + 4);
    }
    pen.textAlign = "center";
    pen.fillStyle = look("text");
    const title = (name) => {
      const unit = this.columns.get(name).unit;
      const short = unit && name.toLowerCase().endsWith("_" + unit.toLowerCase()) ? name.slice(0, -unit.length - 1) : name;
      return words(short) + (unit && unit !== name ? ` (${unit})` : "");
    };
    pen.fillText(title(this.x), (EDGE.left + width) / 2, SCATTER_HEIGHT - 10);
    pen.save();
    pen.translate(14, (EDGE.top + bottom) / 2);
    pen.rotate(-Math.PI / 2);
    pen.fillText(title(this.y), 0, 0);
    pen.restore();
  }

  point(event) {
    let [nearest, distance] = [null, 144];
    for (const p of this.points) {
      const [x, y] = this.place(p);
      const far = (x - event.offsetX) ** 2 + (y - event.offsetY) ** 2;
      if (far < distance) [nearest, distance] = [p, far];
    }
    this.tip.hidden = !nearest;
    if (!nearest) return;
    const shown = [...this.columns.values()].slice(0, 14).map((c) => `${words(c.name)}: ${readable(c.values[nearest.row])}`);
    this.tip.textContent = [`${this.x}: ${readable(nearest.x)}`, `${this.y}: ${readable(nearest.y)}`, ...shown].join("\n");
    this.tip.style.left = event.pageX + 12 + "px";
    this.tip.style.top = event.pageY + 12 + "px";
  }
}

const makeScatter = () => {
  const holder = document.querySelector(".scatter");
  if (holder) new Scatter(holder, stored("data-scatter"));
};
