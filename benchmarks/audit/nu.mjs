// The Nu checker, on every page. It needs Java.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

const JAR = join(dirname(createRequire(import.meta.url).resolve("vnu-jar/package.json")), "build/dist/vnu.jar");
// The checker knows MathML 3; MathML Core has these attributes on every element.
const ITS_OWN = /Attribute “(scriptlevel|displaystyle)” not allowed on element/;

export async function markup({ site, files, row }) {
  const command = ["-jar", JAR, "--skip-non-html", "--format", "json", "--exit-zero-always", site];
  const { stderr } = await promisify(execFile)("java", command, { maxBuffer: 2 ** 28 });
  const { messages } = JSON.parse(stderr);
  const errors = messages.filter(({ type, message }) => type === "error" && !ITS_OWN.test(message));
  for (const { url, lastLine, message } of errors.slice(0, 20)) console.error(`${url}:${lastLine}: ${message}`);
  row(`Nu checker, errors on ${files.length} pages`, errors.length, errors.length === 0);
  row("the same, warnings", messages.filter(({ type }) => type === "info").length);
}
