// Tables that sort, filter and show their rows page by page.

const PAGES = [25, 100, 500];
const LONG = 44; // letters of a text that may take several lines
const ADDRESS = /^#([\w.-]+):(.*)$/;

/// One condition: `column>3`, `column=text`, or words that some cell of the row holds.
const condition = (word, columns) => {
  const parts = word.match(/^(.+?)(<=|>=|!=|=|<|>)(.*)$/);
  const column = parts && columns.find((c) => c.name.toLowerCase() === parts[1]);
  if (!column) return (row) => columns.some((c) => c.lower(row).includes(word));
  const [, , sign, text] = parts;
  const number = text === "" ? NaN : Number(text);
  if (!Number.isNaN(number) && column.number) {
    const compare = {
      "<": (v) => v < number, ">": (v) => v > number, "<=": (v) => v <= number,
      ">=": (v) => v >= number, "=": (v) => v === number, "!=": (v) => v !== number,
    }[sign];
    return (row) => column.values[row] !== null && compare(Number(column.values[row]));
  }
  if (sign === "=") return (row) => column.lower(row) === text;
  if (sign === "!=") return (row) => column.lower(row) !== text;
  return () => false;
};

class DataTable {
  constructor(holder, name, columns) {
    this.name = name;
    this.columns = columns;
    for (const c of columns) {
      c.lower = (row) => String(c.values[row] ?? "").toLowerCase();
      c.look = c.number ? "number" : c.values.some((v) => String(v).length > LONG) ? "long" : "text";
    }
    this.size = columns.length ? columns[0].values.length : 0;
    this.sorted = null;
    this.descending = false;
    this.query = "";
    this.page = 0;
    this.pageSize = PAGES[0];
    this.build(holder);
    this.refresh();
  }

  build(holder) {
    this.input = element("input", {
      type: "search",
      placeholder: "filter: words, column>3, column=text",
      "aria-label": "filter " + this.name,
      oninput: () => this.filter(this.input.value),
    });
    this.state = element("span", {class: "state", "aria-live": "polite"});
    const sizes = choice("rows", PAGES.map(String), String(this.pageSize), (size) => {
      this.pageSize = Number(size);
      this.page = 0;
      this.draw();
    });
    this.back = element("button", {type: "button", onclick: () => this.turn(-1)}, "‹ back");
    this.next = element("button", {type: "button", onclick: () => this.turn(1)}, "next ›");
    this.headers = this.columns.map((c, i) => this.header(c, i));
    this.body = element("tbody");
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...this.headers)), this.body);
    this.paging = element("span", {class: "paging"}, this.back, " ", this.next, " ", sizes);
    const controls = element("div", {class: "controls"}, this.input, this.state, this.paging);
    holder.replaceChildren(controls, element("div", {class: "scroll"}, table));
  }

  header(column, index) {
    const title = [column.text, column.unit && "unit: " + column.unit].filter(Boolean).join("; ");
    const button = element("button", {type: "button", title, onclick: () => this.sort(index)}, words(column.name).replaceAll(".", ".\u200b"));
    const unit = column.unit ? [element("span", {class: "unit"}, column.unit)] : [];
    return element("th", {scope: "col", class: column.look}, button, ...unit);
  }

  /// Numbers first come largest, text first comes in order.
  sort(index, descending) {
    const first = this.columns[index].number;
    this.descending = descending ?? (this.sorted === index ? !this.descending : first);
    this.sorted = index;
    this.refresh();
    this.remember();
  }

  filter(query) {
    this.query = query;
    this.refresh();
    this.remember();
  }

  turn(by) {
    this.page += by;
    this.draw();
  }

  refresh() {
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    const conditions = words.map((word) => condition(word, this.columns));
    this.rows = [];
    for (let row = 0; row < this.size; ++row) {
      if (conditions.every((holds) => holds(row))) this.rows.push(row);
    }
    if (this.sorted !== null) this.order();
    this.page = 0;
    this.draw();
  }

  order() {
    const {values, number} = this.columns[this.sorted];
    const sign = this.descending ? -1 : 1;
    const compare = number
      ? (a, b) => Number(values[a]) - Number(values[b])
      : (a, b) => (values[a] < values[b] ? -1 : values[a] > values[b] ? 1 : 0);
    this.rows.sort((a, b) => {
      const missing = (values[a] === null) - (values[b] === null);
      return missing || sign * compare(a, b) || a - b;
    });
  }

  draw() {
    const pages = Math.max(1, Math.ceil(this.rows.length / this.pageSize));
    this.page = Math.min(Math.max(0, this.page), pages - 1);
    const first = this.page * this.pageSize;
    const shown = this.rows.slice(first, first + this.pageSize);
    this.body.replaceChildren(...shown.map((row) => this.line(row)));
    this.headers.forEach((header, i) => {
      if (i === this.sorted) header.setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    });
    const part = pages > 1 ? `, ${readable(first + 1)} to ${readable(first + shown.length)} shown` : "";
    const all = this.rows.length === this.size ? "" : ` of ${readable(this.size)}`;
    this.state.textContent = `${readable(this.rows.length)}${all} row${this.size === 1 ? "" : "s"}${part}`;
    this.paging.hidden = this.size <= PAGES[0];
    this.back.disabled = this.page === 0;
    this.next.disabled = this.page === pages - 1;
  }

  line(row) {
    const cells = this.columns.map((c) => element("td", {class: c.look}, readable(c.values[row])));
    return element("tr", {}, ...cells);
  }

  /// Keeps the view in the page's address, so that it can be passed on.
  remember() {
    const sort = this.sorted === null ? "" : `sort=${this.columns[this.sorted].name}:${this.descending ? "desc" : "asc"}`;
    const filter = this.query ? `filter=${encodeURIComponent(this.query)}` : "";
    const view = [sort, filter].filter(Boolean).join(";");
    history.replaceState(null, "", `#${this.name}${view ? ":" + view : ""}`);
  }

  /// `sort=NAME:desc;filter=TEXT`
  show(view) {
    for (const part of view.split(";")) {
      const at = part.indexOf("=");
      const [what, text] = [part.slice(0, at), decodeURIComponent(part.slice(at + 1))];
      if (what === "filter") this.query = this.input.value = text;
      if (what === "sort") {
        const [name, direction] = text.split(":");
        const index = this.columns.findIndex((c) => c.name === name);
        if (index >= 0) [this.sorted, this.descending] = [index, direction === "desc"];
      }
    }
    this.refresh();
  }
}

const allTables = new Map();

const makeTables = () => {
  for (const holder of document.querySelectorAll(".table")) {
    const name = holder.dataset.table;
    allTables.set(name, new DataTable(holder, name, stored("data-" + name).columns));
  }
};

/// #NAME:VIEW sorts and filters a table and goes to it.
const followAddress = () => {
  const parts = location.hash.match(ADDRESS);
  const table = parts && allTables.get(parts[1]);
  if (!table) return;
  table.show(parts[2]);
  table.input.scrollIntoView({block: "center"});
};
