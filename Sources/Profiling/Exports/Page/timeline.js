// How many samples there were when, and the choice of a part of that time.

const second = 1e9;

function timeText(nanoseconds) {
  const size = Math.abs(nanoseconds);
  const [scale, unit] = size >= 120 * second ? [60 * second, "min"] : size >= second ? [second, "s"]
    : size >= 1e6 ? [1e6, "ms"] : size >= 1000 ? [1000, "µs"] : [1, "ns"];
  const value = nanoseconds / scale;
  const digits = Math.abs(value), decimals = scale === 1 || digits >= 99.95 ? 0 : digits >= 9.995 ? 1 : 2;
  return `${value.toFixed(decimals)} ${unit}`;
}

class Timeline {
  constructor(model, canvas, onChange) {
    Object.assign(this, { model, canvas, onChange });
    const [profile] = model.profiles;
    this.duration = profile.sampleTime.reduce((end, time) => Math.max(end, time + 1), Math.max(1, profile.about.duration));
    canvas.addEventListener("pointerdown", (event) => this.begin(event));
    canvas.addEventListener("pointermove", (event) => this.drag(event));
    canvas.addEventListener("pointerup", (event) => this.end(event));
    canvas.addEventListener("dblclick", () => this.select(null));
    canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.draw()).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  /** Near the ends it is the end: nobody hits the first pixel. */
  timeAt(event) {
    const bounds = this.canvas.getBoundingClientRect(), x = event.clientX - bounds.left, near = 4;
    if (x < near) return 0;
    return x > bounds.width - near ? this.duration : x / bounds.width * this.duration;
  }

  begin(event) {
    this.canvas.setPointerCapture(event.pointerId);
    this.start = this.timeAt(event);
  }

  drag(event) {
    if (this.start === undefined) return;
    const time = this.timeAt(event);
    if (Math.abs(time - this.start) < this.duration / 400) return;
    this.select([Math.min(time, this.start), Math.max(time, this.start)]);
  }

  end(event) {
    this.drag(event);
    this.start = undefined;
  }

  /** The first key takes a tenth of the time; left and right move the range, with Shift they move its end. */
  key(event) {
    if (event.key === "Escape") this.select(null);
    const direction = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (direction === 0) return;
    event.preventDefault();
    const { duration } = this, { range } = this.model;
    if (!range) return this.select([0, duration / 10]);
    const least = duration / 50, wanted = direction * least, [from, to] = range;
    if (event.shiftKey) return this.select([from, Math.min(duration, Math.max(from + least, to + wanted))]);
    const step = Math.min(duration - to, Math.max(-from, wanted));
    this.select([from + step, to + step]);
  }

  select(range) {
    this.model.range = range;
    this.draw();
    this.canvas.setAttribute("aria-valuenow", Math.round((range ? range[0] / this.duration : 0) * 100));
    this.canvas.setAttribute("aria-valuetext", this.text());
    this.onChange();
  }

  text() {
    const { range } = this.model;
    return range ? `${timeText(range[0])} to ${timeText(range[1])} of ${timeText(this.duration)}` : timeText(this.duration);
  }

  densities(bins) {
    const [profile] = this.model.profiles, sums = new Float64Array(bins);
    const isWanted = profile.threads.map((_, thread) => this.model.selects(0, thread));
    for (let index = 0; index < profile.sampleTime.length; index++) {
      if (!isWanted[profile.sampleThread[index]]) continue;
      const bin = Math.floor(profile.sampleTime[index] / this.duration * bins);
      sums[Math.min(bins - 1, Math.max(0, bin))] += profile.sampleWeight[index];
    }
    return sums;
  }

  draw() {
    const { canvas, model } = this, ratio = devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    const pen = canvas.getContext("2d"), dark = isDark();
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    // Few samples in many bins would look like a barcode.
    const enough = Math.max(30, Math.floor(model.profiles[0].sampleTime.length / 4));
    const bins = Math.max(1, Math.min(Math.floor(width / 3), 400, enough)), sums = this.densities(bins);
    const most = sums.reduce((one, other) => Math.max(one, other), 0) || 1;
    const [from, to] = model.range ?? [0, this.duration];
    if (model.range) {
      pen.fillStyle = dark ? "#3a2f57" : "#ece4fb";
      pen.fillRect(from / this.duration * width, 0, (to - from) / this.duration * width, height);
    }
    sums.forEach((sum, bin) => {
      const start = bin / bins * this.duration, isInside = start < to && start + this.duration / bins > from;
      pen.fillStyle = isInside ? (dark ? "#c98a3d" : "#d98a22") : (dark ? "#55555f" : "#c9c9d1");
      const size = sum === 0 ? 0 : Math.max(1, sum / most * (height - 4));
      pen.fillRect(bin / bins * width, height - size, width / bins - 0.5, size);
    });
  }
}
