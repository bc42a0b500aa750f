// The page: what its fields and keys do.

const element = (id) => document.getElementById(id);

class Page {
  constructor(profiles) {
    this.model = new Model(profiles);
    this.describe(profiles);
    if (profiles.some((profile) => profile.processes.length > 1)) {
      element("grouping").value = "process";
      this.model.build("process");
    }
    this.graph = new FlameGraph(this.model, element("flames"), element("scroller"), element("spacer"));
    this.table = new FunctionList(
      this.model, { columns: element("columns"), rows: element("rows"), more: element("more") },
      (name) => this.searchFor(`=${name}`));
    this.timeline = new Timeline(this.model, element("density"), () => this.measured());
    element("timeline").hidden = this.model.isDiff;
    element("side-label").hidden = !this.model.isDiff;
    this.fillProcesses();
    this.fillThreads();
    this.listen();
    this.measured();
  }

  // MARK: What does not change

  describe(profiles) {
    const about = profiles.map((profile) => profile.about);
    const title = about.map(({ title }) => title).join(" → ");
    element("title").textContent = title;
    document.title = title;
    const started = new Date(about[about.length - 1].started / 1e6);
    const last = about[about.length - 1];
    const facts = [
      ...about.map(({ duration }, side) => `${this.model.counts[side].toLocaleString("en")} samples in ${timeText(duration)}`),
      `${last.frequency} Hz`, last.mode === "cpu" ? "processor time" : "elapsed time", `taken by ${last.source}`,
      started.toISOString().replace(/\.\d+Z$/, " UTC").replace("T", " "),
    ];
    if (last.command.length) facts.push(last.command.join(" "));
    element("facts").textContent = facts.join(" · ");
    for (const [side, entry] of about.entries()) {
      const prefix = about.length > 1 ? (side === 0 ? "before: " : "after: ") : "";
      for (const text of [...this.tallies(entry.tally), ...entry.notes]) {
        const note = document.createElement("li");
        note.textContent = prefix + text;
        element("notes").append(note);
      }
    }
    this.makeLegend();
  }

  tallies([taken, lost, throttled, late, truncated]) {
    const texts = [];
    if (lost) texts.push(`${lost} samples were lost (${percent(lost / Math.max(1, taken + lost))}): the buffer was full`);
    if (throttled) texts.push(`the kernel slowed the sampling down ${throttled} times`);
    if (late) texts.push(`${late} samples were left out because they came late`);
    if (truncated) texts.push(`${truncated} stacks do not reach their thread's start (${percent(truncated / Math.max(1, taken))})`);
    return texts;
  }

  makeLegend() {
    const dark = isDark(), used = new Set(this.model.functions.list.map((fn) => `${fn.kind}${fn.kind === 0 ? fn.inApp : ""}`));
    const colour = (kind, inApp) => functionColour({ name: "legend", kind, inApp }, dark);
    const all = [
      ["0true", "the program's own", colour(0, true)], ["0false", "libraries", colour(0, false)],
      ["1", "interpreted", colour(1)], ["2", "compiled at run time", colour(2)],
    ];
    const entries = this.model.isDiff
      ? [["", "larger share than before", changeColour(1, dark)], ["", "smaller share", changeColour(-1, dark)]]
      : all.filter(([key]) => used.has(key));
    element("legend").replaceChildren(...entries.flatMap(([, text, background]) => {
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.background = background;
      return [swatch, text];
    }));
  }

  // MARK: Choices

  fillProcesses() {
    const shares = this.sharesBy(this.model.processKeys);
    this.fill(element("process"), "all", [...shares].map(([key, share]) => [key, `${key} — ${percent(share)}`]));
    element("process").closest("label").hidden = shares.size < 2;
  }

  fillThreads() {
    const keys = this.model.processKeys.map((processes, side) =>
      processes.map((process, thread) => (
        !this.model.process || process === this.model.process ? `${process}\n${this.model.threadKeys[side][thread]}` : null)));
    const shares = this.sharesBy(keys), severalProcesses = element("process").options.length > 2 && !this.model.process;
    const title = (key) => (severalProcesses ? key.replace("\n", " › ") : key.slice(key.indexOf("\n") + 1));
    this.fill(element("thread"), "all", [...shares].map(([key, share]) => [key, `${title(key)} — ${percent(share)}`]));
    element("thread").disabled = shares.size < 2;
  }

  fill(select, first, options) {
    const make = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    select.replaceChildren(make("", first), ...options.map(([value, text]) => make(value, text)));
  }

  /** Of the last profile, the largest first; names that only the first has come last. */
  sharesBy(keys) {
    const sums = new Map();
    this.model.profiles.forEach((profile, side) => {
      const isLast = side === keys.length - 1;
      let whole = 0;
      for (const weight of profile.sampleWeight) whole += weight;
      profile.sampleThread.forEach((thread, index) => {
        const key = keys[side][thread];
        if (key === null) return;
        sums.set(key, (sums.get(key) ?? 0) + (isLast ? profile.sampleWeight[index] / (whole || 1) : 0));
      });
    });
    return new Map([...sums].sort(([, one], [, other]) => other - one));
  }

  listen() {
    element("view").addEventListener("change", () => this.showTree());
    element("grouping").addEventListener("change", ({ target }) => {
      this.model.build(target.value);
      this.showTree();
    });
    element("process").addEventListener("change", ({ target }) => {
      Object.assign(this.model, { process: target.value, thread: "" });
      this.fillThreads();
      this.remeasure();
    });
    element("thread").addEventListener("change", ({ target }) => {
      this.model.thread = target.value;
      this.remeasure();
    });
    element("side").addEventListener("change", ({ target }) => {
      this.graph.side = Number(target.value);
      this.zoomTo(0);
    });
    element("search").addEventListener("input", () => this.search());
    element("reset").addEventListener("click", () => this.zoomTo(0));
    element("whole").addEventListener("click", () => this.timeline.select(null));
    document.addEventListener("keydown", (event) => this.key(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.makeLegend());
    this.listenToGraph(element("flames"));
  }

  listenToGraph(canvas) {
    canvas.addEventListener("click", (event) => {
      const node = this.graph.nodeAt(event.clientX, event.clientY);
      if (node >= 0) this.zoomTo(node);
    });
    canvas.addEventListener("pointermove", (event) => this.point(event));
    canvas.addEventListener("pointerleave", () => { element("tip").hidden = true; });
    canvas.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && this.graph.focus >= 0) this.zoomTo(this.graph.focus);
      if (!event.key.startsWith("Arrow")) return;
      event.preventDefault();
      this.graph.focus = this.graph.neighbour(event.key);
      this.graph.reveal(this.graph.focus);
      this.graph.draw();
      element("detail").textContent = this.textOf(this.graph.focus).replaceAll("\n", " · ");
    });
  }

  key(event) {
    const isTyping = event.target.matches("input, select, textarea");
    if (event.key === "Escape") {
      if (event.target === element("search")) event.target.blur();
      else if (event.target !== element("density")) this.zoomTo(0);
    }
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      element("search").focus();
    }
    if (event.key !== "i") return;
    element("view").value = element("view").value === "callees" ? "callers" : "callees";
    this.showTree();
  }

  // MARK: What changes

  showTree() {
    this.graph.tree = element("view").value === "callers" ? this.model.invertedTree() : this.model.tree;
    this.zoomTo(0);
  }

  remeasure() {
    this.timeline.draw();
    this.measured();
  }

  measured() {
    this.model.measure();
    element("range").textContent = this.timeline.text() + (this.model.isDiff ? "" : `, ${this.model.counts[0]} samples`);
    element("whole").hidden = !this.model.range;
    this.zoomTo(this.graph.tree.totals[this.graph.side][this.graph.zoom] > 0 ? this.graph.zoom : 0);
  }

  zoomTo(node) {
    this.graph.zoom = node;
    this.graph.focus = node === 0 ? -1 : node;
    element("reset").disabled = node === 0;
    element("tip").hidden = true;
    this.graph.layOut();
    this.graph.reveal(node);
    this.graph.draw();
    element("detail").textContent = node === 0 ? "" : this.textOf(node).replaceAll("\n", " · ");
    this.search();
  }

  searchFor(text) {
    element("search").value = element("search").value === text ? "" : text;
    this.search();
  }

  search() {
    const matches = this.matcher(element("search").value);
    const { list } = this.model.functions, { tree, side, zoom } = this.graph;
    this.graph.matched = matches ? Uint8Array.from(list, (fn) => (matches(fn) ? 1 : 0)) : null;
    let text = matches === undefined ? "not a regular expression" : "";
    if (matches) {
      const whole = tree.totals[side][zoom] || 1;
      text = `${percent(tree.matchedTotal(side, this.graph.matched, zoom) / whole)} matched`;
    }
    element("matched").textContent = text;
    this.graph.draw();
    this.table.update(tree === this.model.tree ? zoom : 0, this.graph.matched);
  }

  /** `null` for an empty search, `undefined` for what is none. */
  matcher(text) {
    if (text === "") return null;
    if (text.startsWith("=")) return (fn) => fn.name === text.slice(1);
    if (text.length > 2 && text.startsWith("/") && text.endsWith("/")) {
      try {
        const expression = new RegExp(text.slice(1, -1));
        return (fn) => expression.test(fn.name);
      } catch {
        return undefined;
      }
    }
    const wanted = text.toLowerCase();
    return (fn) => fn.name.toLowerCase().includes(wanted) || fn.module.toLowerCase().includes(wanted);
  }

  point(event) {
    const node = this.graph.nodeAt(event.clientX, event.clientY), tip = element("tip");
    tip.hidden = node < 0;
    if (node < 0) return;
    const [name, ...rest] = this.textOf(node).split("\n");
    const title = document.createElement("b");
    title.textContent = name;
    tip.replaceChildren(title, `\n${rest.join("\n")}`);
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(4, Math.min(event.clientX + 14, innerWidth - width - 8))}px`;
    const below = event.clientY + 18;
    tip.style.top = `${below + height < innerHeight ? below : Math.max(4, event.clientY - height - 10)}px`;
  }

  /** Name, time, place and module, a line each. */
  textOf(node) {
    const { tree } = this.graph, fn = this.model.functions.list[tree.fn[node]];
    const lines = [this.graph.nameOf(node).replaceAll("\n", " ")];
    this.model.profiles.forEach((_, side) => {
      const prefix = this.model.isDiff ? (side === 0 ? "before: " : "after: ") : "";
      const own = tree === this.model.tree ? `, self ${timeText(tree.own[side][node])}` : "";
      lines.push(`${prefix}${timeText(tree.totals[side][node])}, ${percent(this.graph.shareOf(node, side))}${own}`);
    });
    if (this.model.isDiff) lines.push(`${signedPoints(this.graph.shareOf(node, 1) - this.graph.shareOf(node, 0))} points`);
    if (fn?.file) lines.push(fn.line > 0 ? `${fn.file}:${fn.line}` : fn.file);
    if (fn?.module) lines.push(fn.module);
    return lines.join("\n");
  }
}

readProfiles()
  .then((profiles) => { window.profilePage = new Page(profiles); })
  .catch((error) => {
    element("title").textContent = `This profile can't be shown: ${error.message}`;
  })
  .finally(() => { document.body.dataset.ready = "yes"; });
