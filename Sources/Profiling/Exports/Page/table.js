// The functions by time, as a table.

const mostRows = 200;

function percent(share) { return `${(share * 100).toFixed(1)} %`; }

function signedPoints(share) { return `${share > 0 ? "+" : share < 0 ? "−" : "±"}${Math.abs(share * 100).toFixed(1)}`; }

function cell(text, className) {
  const element = document.createElement("td");
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

class FunctionList {
  constructor(model, { columns, rows, more }, onChoice) {
    Object.assign(this, { model, rows, more, onChoice });
    this.columns = model.isDiff
      ? [
        ["change", "Change, points"], ["before", "Self before"], ["after", "Self after"],
        ["totalBefore", "Total before"], ["totalAfter", "Total after"],
      ]
      : [["own", "Self"], ["ownTime", "Self time"], ["total", "Total"], ["totalTime", "Total time"]];
    this.order = this.columns[0][0];
    this.isAscending = false;
    this.makeHead(columns);
  }

  makeHead(row) {
    for (const [key, title] of [["name", "Function"], ...this.columns, ["module", "Module"]]) {
      const head = document.createElement("th"), button = document.createElement("button");
      head.scope = "col";
      head.dataset.key = key;
      if (key === "name" || key === "module") head.className = `text ${key}`;
      button.type = "button";
      button.textContent = title;
      button.addEventListener("click", () => this.sortBy(key));
      head.append(button);
      row.append(head);
    }
    this.head = row;
  }

  sortBy(key) {
    this.isAscending = this.order === key ? !this.isAscending : key === "name" || key === "module";
    this.order = key;
    this.show();
  }

  /** Takes the times from what is selected and zoomed. */
  update(root, matched) {
    this.matched = matched;
    const { model } = this, sides = model.profiles.map((_, side) => {
      const times = model.tree.functionTimes(side, root), whole = model.tree.totals[side][root] || 1;
      return { ...times, whole };
    });
    const [first] = sides, last = sides[sides.length - 1];
    this.entries = [];
    model.functions.list.forEach((fn, index) => {
      if (sides.every((side) => side.total[index] === 0) || (fn.kind === kinds.marker && !fn.name.startsWith("["))) return;
      const share = (side, times) => times[index] / side.whole;
      this.entries.push({
        index, name: fn.name, module: fn.module, own: share(first, first.own), ownTime: first.own[index],
        total: share(first, first.total), totalTime: first.total[index],
        before: share(first, first.own), after: share(last, last.own),
        totalBefore: share(first, first.total), totalAfter: share(last, last.total),
        change: share(last, last.own) - share(first, first.own),
      });
    });
    this.show();
  }

  show() {
    const { order } = this, sign = this.isAscending ? 1 : -1;
    const size = (entry) => (order === "change" && !this.isAscending ? Math.abs(entry.change) : entry[order]);
    const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
    const wanted = this.matched ? this.entries.filter(({ index }) => this.matched[index]) : this.entries;
    wanted.sort((one, other) => sign * compare(size(one), size(other)) || compare(one.name, other.name));
    this.rows.replaceChildren(...wanted.slice(0, mostRows).map((entry) => this.row(entry)));
    const hidden = wanted.length - mostRows;
    this.more.textContent = hidden > 0 ? `${hidden} more functions: search to find them` : "";
    for (const head of this.head.children) {
      if (head.dataset.key === order) head.setAttribute("aria-sort", this.isAscending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  }

  row(entry) {
    const row = document.createElement("tr"), name = cell("", "text function"), button = document.createElement("button");
    button.textContent = entry.name;
    button.title = entry.name;
    button.addEventListener("click", () => this.onChoice(entry.name));
    name.append(button);
    row.append(name);
    for (const [key] of this.columns) {
      const isTime = key.endsWith("Time");
      const text = isTime ? timeText(entry[key]) : key === "change" ? signedPoints(entry[key]) : percent(entry[key]);
      const value = cell(text, isTime || key === "change" ? "" : "share");
      value.style.setProperty("--part", `${Math.min(100, Math.abs(entry[key]) * 100)}%`);
      row.append(value);
    }
    const module = cell(entry.module.slice(entry.module.lastIndexOf("/") + 1), "text module");
    module.title = entry.module;
    row.append(module);
    if (this.matched) row.className = "matched";
    return row;
  }
}
