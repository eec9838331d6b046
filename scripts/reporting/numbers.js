"use strict";
// Numbers as a person reads them, and elements built without ever parsing text as HTML.

const readable = (value) => {
  if (value === null || value === undefined) return "";
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  if (Number.isInteger(value) || (size >= 1e6 && size < 1e15)) {
    return Math.round(value).toString().replace(/\B(?=(\d{3})+(?!\d))/g, "\u202f");
  }
  return Number(value.toPrecision(6)).toString();
};

const short = (value) => {
  for (const [unit, factor] of [["T", 1e12], ["G", 1e9], ["M", 1e6], ["k", 1e4]]) {
    if (Math.abs(value) >= factor) {
      return Number((value / (unit === "k" ? 1e3 : factor)).toPrecision(4)) + "\u202f" + unit;
    }
  }
  return Number(value.toPrecision(4)).toString();
};

const SHORT = {mac: "MAC", macs: "MACs", kv: "K/V", lut: "LUT", luts: "LUTs"};

/// A name of a result as text: mac_array is MAC array. Keys, which have dots, stay as they are written.
const words = (name) => (name.includes(".") ? name : name.replaceAll("_", " ").replace(/[a-z]+/g, (word) => SHORT[word] || word));

const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};

const stored = (identifier) => JSON.parse(document.getElementById(identifier).textContent);

const choice = (label, names, chosen, changed) => {
  const options = names.map((name) => element("option", {value: name}, words(name)));
  const select = element("select", {onchange: () => changed(select.value)}, ...options);
  select.value = chosen;
  return element("label", {}, label + " ", select);
};

const COLOURS = 9;
const look = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
const colour = (number) => look("fill-" + (number % COLOURS));

/// A canvas as wide as its holder, sharp on any screen, drawn again when the size or the colours change.
const canvasIn = (holder, height, draw) => {
  const canvas = element("canvas", {});
  holder.append(canvas);
  const redraw = () => {
    const ratio = window.devicePixelRatio || 1;
    const width = holder.clientWidth;
    const tall = height();
    canvas.width = width * ratio;
    canvas.height = tall * ratio;
    canvas.style.height = tall + "px";
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    pen.font = "12px system-ui, sans-serif";
    draw(pen, width, tall);
  };
  window.addEventListener("resize", redraw);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  return {canvas, redraw};
};
