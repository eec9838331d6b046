// Tables of several runs side by side: one measure at a time, with ratios to the first run.

const makeMeasures = () => {
  for (const holder of document.querySelectorAll(".measures")) {
    const name = holder.dataset.table;
    const {keys, runs, measures, values} = stored("data-" + name);
    const names = measures.map((m) => m.name);
    const place = element("div");
    const show = (chosen) => {
      const at = names.indexOf(chosen);
      const {unit, text} = measures[at];
      const column = (title, numbers, its) => ({name: title, unit: its, text, number: true, values: numbers});
      const base = values[at][0];
      const counts = runs.map((run, i) => column(run, values[at][i], unit));
      const ratios = runs.slice(1).map((run, i) => {
        const ratio = (v, row) => (v === null || !base[row] ? null : Number((v / base[row]).toPrecision(4)));
        return column(`${run} / ${runs[0]}`, values[at][i + 1].map(ratio), "");
      });
      allTables.set(name, new DataTable(place, name, [...keys, ...counts, ...ratios]));
    };
    const first = (measures.find((m) => m.unit === "cycles") || measures[0]).name;
    holder.append(element("p", {class: "choices"}, choice("measure", names, first, show)), place);
    show(first);
  }
};
