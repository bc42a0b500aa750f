// From samples to a tree of functions: which there are, and what each took of the samples that are selected.

/** All functions of the profiles: places of one function are one, in both profiles. */
class FunctionTable {
  constructor() {
    this.list = [];
    this.known = new Map();
  }

  intern(name, module, kind, inApp) {
    const key = `${module}\n${kind}\n${name}`;
    let index = this.known.get(key);
    if (index === undefined) {
      index = this.list.length;
      this.list.push({ name, module, kind, inApp, file: "", line: -1, weight: -1 });
      this.known.set(key, index);
    }
    return index;
  }

  /** The place that has most of the function's time is the one that is named. */
  place(index, frame, weight) {
    const entry = this.list[index];
    if (!frame.file || weight <= entry.weight) return;
    Object.assign(entry, { file: frame.file, line: frame.line, weight });
  }
}

const kinds = { native: 0, interpreted: 1, justInTime: 2, marker: 3 };

/** Nodes in an order where parents come first; 0 is the root. `totals[side]` is what a profile's selected samples took. */
class CallTree {
  constructor(functionCount, sides) {
    this.factor = functionCount + 1;
    this.parent = [-1];
    this.fn = [-1];
    this.depth = [0];
    this.children = new Map();
    this.sides = sides;
  }

  get count() { return this.fn.length; }

  child(parent, fn) {
    const key = parent * this.factor + fn;
    let node = this.children.get(key);
    if (node === undefined) {
      node = this.fn.length;
      this.children.set(key, node);
      this.parent.push(parent);
      this.fn.push(fn);
      this.depth.push(this.depth[parent] + 1);
    }
    return node;
  }

  /** Links children in the order of their names. `rank[fn]` is a function's place among all names. */
  finish(rank) {
    this.children = null;
    const count = this.count;
    this.firstChild = new Int32Array(count).fill(-1);
    this.nextSibling = new Int32Array(count).fill(-1);
    // A counting sort: nodes by the rank of their function, last names first, each put in front of its siblings.
    const starts = new Int32Array(this.factor + 1);
    for (let node = 1; node < count; node++) starts[rank[this.fn[node]] + 1]++;
    for (let index = 0; index < this.factor; index++) starts[index + 1] += starts[index];
    const order = new Int32Array(count - 1);
    for (let node = 1; node < count; node++) order[starts[rank[this.fn[node]]]++] = node;
    for (let index = count - 2; index >= 0; index--) {
      const node = order[index], parent = this.parent[node];
      this.nextSibling[node] = this.firstChild[parent];
      this.firstChild[parent] = node;
    }
    this.own = Array.from({ length: this.sides }, () => new Float64Array(count));
    this.totals = Array.from({ length: this.sides }, () => new Float64Array(count));
  }

  /** Makes totals of what the nodes have of their own. */
  accumulate() {
    for (let side = 0; side < this.sides; side++) {
      const totals = this.totals[side], parent = this.parent;
      totals.set(this.own[side]);
      for (let node = totals.length - 1; node > 0; node--) totals[parent[node]] += totals[node];
    }
  }

  isInside(node, ancestor) {
    while (node > ancestor) node = this.parent[node];
    return node === ancestor;
  }

  /** What the matched functions took inside of `root`, each stack counted once. */
  matchedTotal(side, matched, root) {
    const state = new Uint8Array(this.count); // 1: inside of root, 2: below a match
    let sum = 0;
    for (let node = 0; node < this.count; node++) {
      const above = node === 0 ? 0 : state[this.parent[node]];
      state[node] = above || (node === root ? 1 : 0);
      if (state[node] !== 1 || node === 0 || !matched[this.fn[node]]) continue;
      state[node] = 2;
      sum += this.totals[side][node];
    }
    return sum;
  }

  /** By function: time with it innermost, and time with it anywhere in the stack, recursion counted once. */
  functionTimes(side, root) {
    const own = new Float64Array(this.factor), total = new Float64Array(this.factor), open = new Uint32Array(this.factor);
    const path = [];
    let node = root;
    while (node >= 0) {
      const fn = this.fn[node];
      if (fn >= 0 && this.totals[side][node] > 0) {
        own[fn] += this.own[side][node];
        if (open[fn]++ === 0) total[fn] += this.totals[side][node];
        path.push(node);
      } else if (fn < 0) path.push(node);
      else { node = this.leave(node, path, open, root); continue; }
      node = this.firstChild[node] >= 0 ? this.firstChild[node] : this.leave(node, path, open, root);
    }
    return { own, total };
  }

  /** The node that comes after `node` and everything in it; -1 after the last. */
  leave(node, path, open, root) {
    while (true) {
      if (path[path.length - 1] === node) {
        path.pop();
        if (this.fn[node] >= 0) open[this.fn[node]]--;
      }
      if (node === root) return -1;
      if (this.nextSibling[node] >= 0) return this.nextSibling[node];
      node = this.parent[node];
    }
  }
}

/** Callers of a function beyond this many are not shown in the inverted view. */
const mostCallers = 256;

/** The profiles, as trees by grouping, and which of their samples are selected. */
class Model {
  constructor(profiles) {
    this.profiles = profiles;
    this.isDiff = profiles.length === 2;
    this.functions = new FunctionTable();
    this.frameFunctions = profiles.map((profile) =>
      profile.frames.map((frame) => this.functions.intern(frame.name, frame.module, frame.kind, frame.inApp)));
    profiles.forEach((profile, side) => this.placeFunctions(profile, this.frameFunctions[side]));
    // In a comparison the ids differ, so processes and threads are the same by their names.
    const title = (name, id) => (this.isDiff ? name : `${name} (${id})`);
    this.processKeys = profiles.map((profile) =>
      profile.threads.map(({ process }) => title(profile.processes[process].name, profile.processes[process].pid)));
    this.threadKeys = profiles.map((profile) => profile.threads.map(({ name, tid }) => title(name || "thread", tid)));
    this.processFunctions = this.processKeys.map((keys) => keys.map((key) => this.functions.intern(key, "", 3, false)));
    this.threadFunctions = this.threadKeys.map((keys) => keys.map((key) => this.functions.intern(key, "", 3, false)));
    this.rank = this.nameRanks();
    this.process = "";
    this.thread = "";
    this.range = null;
    this.build("none");
  }

  placeFunctions(profile, functions) {
    const weights = new Float64Array(profile.nodeFrame.length);
    for (let index = 0; index < profile.sampleNode.length; index++) {
      if (profile.sampleNode[index] >= 0) weights[profile.sampleNode[index]] += profile.sampleWeight[index];
    }
    const byFrame = new Float64Array(profile.frames.length);
    for (let node = weights.length - 1; node >= 0; node--) {
      byFrame[profile.nodeFrame[node]] += weights[node];
      if (profile.nodeParent[node] >= 0) weights[profile.nodeParent[node]] += weights[node];
    }
    profile.frames.forEach((frame, index) => this.functions.place(functions[index], frame, byFrame[index]));
  }

  nameRanks() {
    const list = this.functions.list;
    const order = list.map((_, index) => index);
    order.sort((one, other) => (list[one].name < list[other].name ? -1 : list[one].name > list[other].name ? 1 : one - other));
    const rank = new Int32Array(list.length);
    order.forEach((fn, place) => { rank[fn] = place; });
    return rank;
  }

  /** Makes the tree anew, with processes, threads or neither as its outermost frames. */
  build(grouping) {
    this.grouping = grouping;
    this.tree = new CallTree(this.functions.list.length, this.profiles.length);
    this.places = this.profiles.map((profile, side) => this.placeSamples(profile, side));
    this.tree.finish(this.rank);
    this.inverted = null;
    this.measure();
  }

  root(side, thread) {
    if (this.grouping === "none") return 0;
    const process = this.tree.child(0, this.processFunctions[side][thread]);
    return this.grouping === "process" ? process : this.tree.child(process, this.threadFunctions[side][thread]);
  }

  placeSamples(profile, side) {
    const tree = this.tree, functions = this.frameFunctions[side], known = new Map();
    const count = profile.nodeParent.length, places = new Int32Array(profile.sampleNode.length);
    for (let index = 0; index < places.length; index++) {
      const root = this.root(side, profile.sampleThread[index]), unknown = [];
      let outer = profile.sampleNode[index], place = root;
      for (; outer >= 0; outer = profile.nodeParent[outer]) {
        const seen = known.get(root * count + outer);
        if (seen !== undefined) { place = seen; break; }
        unknown.push(outer);
      }
      for (let step = unknown.length - 1; step >= 0; step--) {
        place = tree.child(place, functions[profile.nodeFrame[unknown[step]]]);
        known.set(root * count + unknown[step], place);
      }
      places[index] = place;
    }
    return places;
  }

  /** The tree of callers: its children of the root are the innermost functions. */
  invertedTree() {
    if (this.inverted) return this.inverted;
    const tree = this.tree, inverted = new CallTree(this.functions.list.length, this.profiles.length);
    this.ends = new Int32Array(tree.count);
    const leaves = new Set();
    for (const places of this.places) for (const place of places) leaves.add(place);
    for (const leaf of leaves) {
      let end = 0;
      for (let node = leaf, steps = 0; node > 0 && steps < mostCallers; node = tree.parent[node], steps++) {
        end = inverted.child(end, tree.fn[node]);
      }
      this.ends[leaf] = end;
    }
    inverted.finish(this.rank);
    this.inverted = inverted;
    this.measureInverted();
    return inverted;
  }

  measure() {
    this.counts = [];
    this.profiles.forEach((profile, side) => {
      const own = this.tree.own[side].fill(0), places = this.places[side];
      const isWanted = profile.threads.map((_, thread) => this.selects(side, thread));
      const [from, to] = this.range ?? [-Infinity, Infinity];
      let count = 0;
      for (let index = 0; index < places.length; index++) {
        const time = profile.sampleTime[index];
        if (!isWanted[profile.sampleThread[index]] || time < from || time >= to) continue;
        own[places[index]] += profile.sampleWeight[index];
        count += profile.sampleCount[index];
      }
      this.counts.push(count);
    });
    this.tree.accumulate();
    if (this.inverted) this.measureInverted();
  }

  measureInverted() {
    this.profiles.forEach((_, side) => {
      const own = this.inverted.own[side].fill(0);
      this.tree.own[side].forEach((weight, node) => { if (weight > 0) own[this.ends[node]] += weight; });
    });
    this.inverted.accumulate();
  }

  selects(side, thread) {
    if (this.process && this.processKeys[side][thread] !== this.process) return false;
    return !this.thread || `${this.processKeys[side][thread]}\n${this.threadKeys[side][thread]}` === this.thread;
  }
}
