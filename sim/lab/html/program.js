// SPDX-License-Identifier: BSD-3-Clause
// The program, in a worker: run one command after the other, and end what takes too long.
"use strict";

const PATIENCE_MS = 20000; // longer, and the worker is ended

const WORKER = `
let compiled = null;
onmessage = async ({ data }) => {
  if (data.wasm) {
    compiled = WebAssembly.compile(data.wasm);
    return;
  }
  try {
    const result = await runCommand(lo0sim, await compiled, data.words, data.files, data.input, data.environment);
    postMessage({ id: data.id, result });
  } catch (error) {
    postMessage({ id: data.id, result: { code: 3, out: "", err: "lo0sim: " + error, files: {} } });
  }
};
`;

const program = {
  worker: null,
  waiting: new Map(),
  next: 1,

  start() {
    const parts = [at("program").textContent, "\n", at("engine").textContent, WORKER];
    const address = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
    this.worker = new Worker(address);
    this.worker.onmessage = ({ data }) => this.answered(data.id, data.result);
    const text = atob(at("wasm").textContent.trim());
    const wasm = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) wasm[i] = text.charCodeAt(i);
    this.worker.postMessage({ wasm: wasm.buffer }, [wasm.buffer]);
  },

  answered(id, result) {
    const call = this.waiting.get(id);
    if (call === undefined) return;
    clearTimeout(call.timer);
    this.waiting.delete(id);
    call.done(result);
  },

  // Whoever waits is told, and a new worker is started.
  end() {
    this.worker.terminate();
    const err = `lo0sim: ended after ${PATIENCE_MS / 1000} s of wall time\n`;
    for (const id of [...this.waiting.keys()]) this.answered(id, { code: 3, out: "", err, files: {} });
    this.start();
  },

  // => Returns a promise of {code, out, err, files}, as runCommand() does.
  run(words, files = {}, input = "", environment = {}) {
    if (this.worker === null) this.start();
    return new Promise((done) => {
      const id = this.next++;
      this.waiting.set(id, { done, timer: setTimeout(() => this.end(), PATIENCE_MS) });
      this.worker.postMessage({ id, words, files, input, environment });
    });
  },
};
