"use strict";
// Reads the profiles that are in this page (ProfileDocument.swift says how they are written).

/** Reads unsigned LEB128 numbers one after the other. */
class NumberReader {
  constructor(bytes, position) {
    this.bytes = bytes;
    this.position = position;
  }

  next() {
    let value = 0, scale = 1, byte;
    do {
      byte = this.bytes[this.position++];
      if (byte === undefined) throw new Error("the profile in this page is cut off");
      value += (byte & 127) * scale;
      scale *= 128;
    } while (byte & 128);
    return value;
  }

  column(count, array, transform) {
    for (let index = 0; index < count; index++) array[index] = transform(this.next(), index);
    return array;
  }
}

/** A profile as columns: what has the same index belongs together. */
class Profile {
  constructor(bytes) {
    const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
    if (header.version !== 1) throw new Error(`this profile has the unknown version ${header.version}`);
    this.about = header;
    this.processes = header.processes.map(([pid, name]) => ({ pid, name }));
    this.threads = header.threads.map(([process, tid, name]) => ({ process, tid, name }));
    const numbers = new NumberReader(bytes, 4 + length);
    const [frames, nodes, samples] = header.counts;
    this.readFrames(numbers, frames, header.strings);
    this.nodeParent = numbers.column(nodes, new Int32Array(nodes), (distance, index) => index - distance);
    this.nodeFrame = numbers.column(nodes, new Int32Array(nodes), (value) => value);
    let now = 0;
    this.sampleTime = numbers.column(samples, new Float64Array(samples), (value) => {
      now += value % 2 ? -(value + 1) / 2 : value / 2;
      return now;
    });
    this.sampleThread = numbers.column(samples, new Int32Array(samples), (value) => value);
    this.sampleNode = numbers.column(samples, new Int32Array(samples), (value) => value - 1);
    this.sampleCount = numbers.column(samples, new Float64Array(samples), (value) => value);
    this.sampleWeight = numbers.column(samples, new Float64Array(samples), (value) => value);
  }

  readFrames(numbers, count, strings) {
    const text = (value) => (value === 0 ? "" : strings[value - 1]);
    const list = (transform) => numbers.column(count, new Array(count), transform);
    const names = list((value) => strings[value]);
    const modules = list(text);
    const addresses = list((value) => value);
    const files = list(text);
    const lines = list((value) => value - 1);
    list((value) => value); // Columns of lines are not shown.
    const flags = list((value) => value);
    const languages = list(text);
    this.frames = names.map((name, index) => ({
      name, module: modules[index], address: addresses[index], file: files[index], line: lines[index],
      isInlined: (flags[index] & 1) !== 0, inApp: (flags[index] & 2) !== 0, kind: flags[index] >> 2,
      language: languages[index],
    }));
  }
}

async function unpack(base64) {
  if (typeof DecompressionStream === "undefined") throw new Error("this browser is too old: it has no DecompressionStream");
  const text = atob(base64);
  const bytes = Uint8Array.from({ length: text.length }, (_, index) => text.charCodeAt(index));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** One profile, or the earlier and the later of two. */
async function readProfiles() {
  const elements = [...document.querySelectorAll('script[type="application/x-sentry-run-profile"]')];
  const profiles = [];
  for (const element of elements) {
    profiles.push(new Profile(await unpack(element.textContent.trim())));
    element.remove();
  }
  return profiles;
}
