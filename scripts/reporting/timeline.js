// The timeline: a row of jobs for each unit, and counters under them.

const ROW = 24;
const STRIP = 44;
const MARGIN = 190;
const AXIS = 26;

class TimelineView {
  constructor(holder, data) {
    this.data = data;
    for (const track of data.tracks) {
      let at = 0;
      track.begin = track.gap.map((gap) => (at += gap));
    }
    [this.from, this.to] = [data.from, Math.max(data.to, data.from + 1)];
    this.groups = this.counterGroups();
    this.chosen = [...this.groups.keys()][0];
    this.controls(holder);
    const box = element("div", {class: "canvas"});
    holder.append(box);
    this.tip = element("div", {class: "tip", hidden: ""});
    holder.append(this.tip);
    const made = canvasIn(box, () => this.height(), (pen, width) => this.draw(pen, width));
    [this.canvas, this.redraw] = [made.canvas, made.redraw];
    this.listen();
    this.redraw();
  }

  /// Counters that several units share, then those of each unit.
  counterGroups() {
    const groups = new Map();
    const add = (group, series) => groups.set(group, [...(groups.get(group) || []), series]);
    const split = this.data.series.map((s) => ({...s, parts: s.name.split(": ")}));
    for (const s of split) {
      const same = split.filter((other) => other.parts[1] === s.parts[1]);
      if (s.parts.length > 1 && same.length > 1) add(`${s.parts[1]} of each unit`, s);
    }
    for (const s of split) add(s.parts.length > 1 ? `all of ${s.parts[0]}` : "all", s);
    return groups;
  }

  controls(holder) {
    const button = (text, zoom) => element("button", {type: "button", onclick: zoom}, text);
    const line = element("p", {class: "choices"},
      button("zoom in", () => this.zoom(0.5)), " ", button("zoom out", () => this.zoom(2)), " ",
      button("all", () => this.view(this.data.from, this.data.to)), " ");
    if (this.groups.size) {
      line.append(choice("counters", [...this.groups.keys(), "none"], this.chosen, (name) => {
        this.chosen = name;
        this.redraw();
      }));
    }
    holder.append(line);
  }

  counters() { return this.groups.get(this.chosen) || []; }
  height() { return AXIS + this.data.tracks.length * ROW + this.counters().length * STRIP + 8; }
  x(cycle) { return MARGIN + ((cycle - this.from) / (this.to - this.from)) * (this.width - MARGIN); }
  cycle(x) { return this.from + ((x - MARGIN) / (this.width - MARGIN)) * (this.to - this.from); }

  view(from, to) {
    const least = Math.min(16, this.data.to - this.data.from);
    const length = Math.min(Math.max(to - from, least), this.data.to - this.data.from);
    this.from = Math.min(Math.max(from, this.data.from), this.data.to - length);
    this.to = this.from + length;
    this.redraw();
  }

  zoom(factor, around = (this.from + this.to) / 2) {
    this.view(around - (around - this.from) * factor, around + (this.to - around) * factor);
  }

  draw(pen, width) {
    this.width = width;
    pen.clearRect(0, 0, width, this.height());
    this.drawAxis(pen);
    this.data.tracks.forEach((track, i) => this.drawTrack(pen, track, AXIS + i * ROW));
    const top = AXIS + this.data.tracks.length * ROW + 4;
    this.counters().forEach((series, i) => this.drawSeries(pen, series, top + i * STRIP, i));
  }

  drawAxis(pen) {
    const steps = [1, 2, 5].flatMap((s) => Array.from({length: 16}, (_, p) => s * 10 ** p)).sort((a, b) => a - b);
    const step = steps.find((s) => (this.to - this.from) / s <= (this.width - MARGIN) / 90) || 1;
    pen.fillStyle = look("dim");
    pen.strokeStyle = look("line");
    pen.textAlign = "center";
    for (let at = Math.ceil(this.from / step) * step; at <= this.to; at += step) {
      pen.beginPath();
      pen.moveTo(this.x(at), AXIS - 6);
      pen.lineTo(this.x(at), this.height());
      pen.stroke();
      if (this.x(at) < this.width - 20) pen.fillText(readable(at), this.x(at), 13);
    }
    pen.textAlign = "left";
    pen.fillText("cycle", 0, 13);
  }

  drawTrack(pen, track, top) {
    pen.fillStyle = look("text");
    pen.fillText(words(track.unit), 0, top + 15);
    for (let i = 0; i < track.begin.length; ++i) {
      const [begin, end] = [track.begin[i], track.begin[i] + track.length[i]];
      if (end < this.from || begin > this.to) continue;
      const left = Math.max(MARGIN, this.x(begin));
      const wide = Math.max(0.6, this.x(end) - left);
      pen.fillStyle = colour(track.name[i]);
      pen.fillRect(left, top + 2, wide > 3 ? wide - 0.6 : wide, ROW - 5);
      if (wide > 60) this.label(pen, track.name[i], left, top, wide);
    }
  }

  label(pen, name, left, top, wide) {
    const letters = Math.floor((wide - 8) / 7);
    const text = this.data.names[name];
    pen.fillStyle = look("on-" + (name % COLOURS));
    pen.fillText(text.length > letters ? "…" + text.slice(1 - letters) : text, left + 4, top + 15);
  }

  drawSeries(pen, series, top, number) {
    const most = Math.max(...series.value);
    const base = top + STRIP - 6;
    const y = (value) => base - (most ? value / most : 0) * (STRIP - 12);
    pen.beginPath();
    pen.moveTo(MARGIN, base);
    for (let i = 0; i + 1 < series.at.length; ++i) {
      const [begin, end] = [Math.max(series.at[i], this.from), Math.min(series.at[i + 1], this.to)];
      if (begin >= end) continue;
      pen.lineTo(this.x(begin), y(series.value[i]));
      pen.lineTo(this.x(end), y(series.value[i]));
    }
    pen.lineTo(this.x(Math.min(this.to, series.at[series.at.length - 1])), base);
    pen.closePath();
    pen.fillStyle = colour(number);
    pen.fill();
    pen.fillStyle = look("text");
    pen.fillText(words(series.name).slice(0, 32), 0, top + 18);
    pen.fillStyle = look("dim");
    pen.fillText(`up to ${short(most)} ${series.unit}`.slice(0, 34), 0, top + 32);
  }

  listen() {
    let held = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      held = {x: event.offsetX, from: this.from, to: this.to};
      this.canvas.setPointerCapture(event.pointerId);
    });
    this.canvas.addEventListener("pointerup", () => { held = null; });
    this.canvas.addEventListener("pointermove", (event) => {
      if (held) {
        const by = ((held.x - event.offsetX) / (this.width - MARGIN)) * (held.to - held.from);
        this.view(held.from + by, held.to + by);
      }
      this.point(event);
    });
    this.canvas.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    this.canvas.addEventListener("wheel", (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      this.zoom(event.deltaY > 0 ? 1.25 : 0.8, this.cycle(event.offsetX));
    }, {passive: false});
  }

  /// Says what is under the pointer.
  point(event) {
    const at = this.cycle(event.offsetX);
    const text = event.offsetX < MARGIN ? null : this.under(at, event.offsetY);
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text;
    this.tip.style.left = event.pageX + 12 + "px";
    this.tip.style.top = event.pageY + 12 + "px";
  }

  under(at, y) {
    const track = this.data.tracks[Math.floor((y - AXIS) / ROW)];
    if (track && y >= AXIS) {
      const i = track.begin.findIndex((begin, job) => begin <= at && at < begin + track.length[job]);
      if (i < 0) return null;
      const end = track.begin[i] + track.length[i];
      return `${this.data.names[track.name[i]]}: cycles ${readable(track.begin[i])} to ${readable(end)} (${readable(track.length[i])})`;
    }
    const series = this.counters()[Math.floor((y - AXIS - this.data.tracks.length * ROW - 4) / STRIP)];
    if (!series) return null;
    let i = series.at.length - 1;
    while (i > 0 && series.at[i] > at) --i;
    return `${series.name} near cycle ${readable(Math.round(at))}: ${short(series.value[i])} ${series.unit}`;
  }
}

const makeTimeline = () => {
  const holder = document.querySelector(".timeline");
  if (holder) new TimelineView(holder, stored("data-timeline"));
};
