// SPDX-License-Identifier: BSD-3-Clause
// Runs commands of lo0sim's: each in an instance of the program of its own, on files in memory. The same in a page,
// in a worker of it, and in node. `lo0sim` is the function that emscripten makes (build/lab/lab.js).
"use strict";

const WORK = "/work"; // where a command runs

function bytesOf(text) {
  return typeof text === "string" ? new TextEncoder().encode(text) : text;
}

// Collects what is written byte by byte.
class Sink {
  constructor() {
    this.bytes = new Uint8Array(1 << 16);
    this.size = 0;
  }
  put(byte) {
    if (this.size === this.bytes.length) {
      const more = new Uint8Array(2 * this.size);
      more.set(this.bytes);
      this.bytes = more;
    }
    this.bytes[this.size++] = byte;
  }
  text() {
    return new TextDecoder().decode(this.bytes.subarray(0, this.size));
  }
}

function putFiles(FS, files) {
  FS.mkdirTree(WORK);
  for (const [name, content] of Object.entries(files)) {
    const path = `${WORK}/${name}`;
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, bytesOf(content));
  }
  FS.chdir(WORK);
}

// The files below WORK that were not there, as bytes.
function takeFiles(FS, known, folder, found) {
  for (const name of FS.readdir(folder)) {
    if (name === "." || name === "..") continue;
    const path = `${folder}/${name}`;
    if (FS.isDir(FS.stat(path).mode)) takeFiles(FS, known, path, found);
    else if (!(path.slice(WORK.length + 1) in known))
      found[path.slice(WORK.length + 1)] = FS.readFile(path);
  }
  return found;
}

// Runs a command: `words` are its name and its arguments, `files` are by their names, `input` is standard input.
// `environment` is by names.
// => Returns {code, out, err, files}: the exit code, two texts, and the files that it wrote, as bytes.
async function runCommand(make, module, words, files = {}, input = "", environment = {}) {
  const out = new Sink();
  const err = new Sink();
  const given = bytesOf(input);
  let at = 0;
  let code = 0;
  const program = await make({
    noInitialRun: true,
    instantiateWasm(imports, done) {
      WebAssembly.instantiate(module, imports).then((instance) => done(instance));
      return {};
    },
    preRun: [
      (it) => {
        it.FS.init(
          () => (at < given.length ? given[at++] : null),
          (byte) => byte !== null && out.put(byte & 255),
          (byte) => byte !== null && err.put(byte & 255),
        );
        Object.assign(it.ENV, { CI: "true", ...environment }); // CI: nothing is remembered of a run
      },
    ],
    quit(status, error) {
      code = status;
      throw error;
    },
  });
  program.FS.ignorePermissions = true; // a mask of new files is not kept here
  putFiles(program.FS, files);
  try {
    code = program.callMain(words) ?? code;
  } catch (error) {
    if (!(error && error.name === "ExitStatus")) {
      code = 3;
      for (const byte of bytesOf(`lo0sim: ${error && error.message ? error.message : error}\n`)) err.put(byte);
    }
  }
  return { code, out: out.text(), err: err.text(), files: takeFiles(program.FS, files, WORK, {}) };
}

if (typeof module === "object" && module.exports) module.exports = { runCommand };
