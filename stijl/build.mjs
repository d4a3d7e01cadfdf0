// Puts the stylesheet of the pages together: components and tokens of NL Design System, and our own CSS after them.
//
//   node build.mjs TEMPLATES OWN.css OUT.css LICENCES.txt
//
// It leaves out the rules whose classes are in no template and the tokens that nothing uses. A variable that is used, and
// has neither a value nor a fallback, must be in known-variables.txt: a new one means that a component and the theme do
// not fit (or a misspelt name), and a line that is no longer true must go.
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "lightningcss";
import { PurgeCSS } from "purgecss";

const HERE = dirname(fileURLToPath(import.meta.url));
const THEME = "@nl-design-system-unstable/voorbeeld-design-tokens";
const ALLOWED = ["EUPL-1.2"];
// What the fields of Flask-WTF become: it stands in no template.
const FIELDS = `label fieldset legend input select textarea option type text search password email date number file checkbox
  radio aria-invalid true`;

const [templates, own, out, licences] = process.argv.slice(2);
const text = (path) => readFileSync(path, "utf8");
const stop = (line) => {
  console.error(line);
  process.exit(1);
};

/** The packages whose CSS is shipped: the dependencies of package.json, as the lock has them. */
function packages() {
  const locked = JSON.parse(text(join(HERE, "package-lock.json"))).packages;
  const names = Object.keys(JSON.parse(text(join(HERE, "package.json"))).dependencies).sort();
  return names.map((name) => {
    const { version, license } = locked[`node_modules/${name}`];
    if (!ALLOWED.includes(license)) stop(`${name}: de licentie ${license} staat niet in ALLOWED van build.mjs`);
    const dist = join(HERE, "node_modules", name, "dist");
    // A component may have two: for an element as it is (html), and for classes.
    const files = name === THEME ? ["theme.css"] : ["html/index.css", "index.css"];
    const css = files.map((file) => join(dist, file)).filter(existsSync).map(text).join("\n");
    return { name, version, license, css };
  });
}

/** Component CSS and tokens in one text; the tokens hold for the whole document. */
function together(found) {
  const theme = found.find((one) => one.name === THEME).css.replaceAll(".voorbeeld-theme", ":root");
  const components = found.filter((one) => one.name !== THEME).map((one) => one.css);
  return [theme, ...components].join("\n");
}

async function withoutUnusedRules(css) {
  const [purged] = await new PurgeCSS().purge({
    content: [`${templates}/**/*.html`, { raw: FIELDS, extension: "html" }],
    css: [{ raw: css }],
    defaultExtractor: (content) => content.match(/[\w-]+/g) ?? [],
    safelist: [/^:/, "root"],
  });
  return purged.css;
}

/** The variables that a stylesheet gives a value, that it uses, and that it uses without a fallback. */
function variables(css) {
  const defined = new Set();
  const used = new Set();
  const bare = new Set();
  transform({
    filename: "regie.css",
    code: Buffer.from(css),
    visitor: {
      // A property that lightningcss does not know, as `content`, comes here too.
      Declaration: { custom: ({ name }) => void (name.startsWith("--") && defined.add(name)) },
      Variable(variable) {
        used.add(variable.name.ident);
        if (variable.fallback == null) bare.add(variable.name.ident);
      },
    },
  });
  return { defined, used, missing: [...bare].filter((name) => !defined.has(name)).sort() };
}

/** Leave out values that nothing uses, until none is left: a token is often used by another token alone. */
function withoutUnusedTokens(css) {
  for (;;) {
    const { defined, used } = variables(css);
    if (![...defined].some((name) => !used.has(name))) return css;
    const { code } = transform({
      filename: "regie.css",
      code: Buffer.from(css),
      visitor: { Declaration: { custom: ({ name }) => (name.startsWith("--") && !used.has(name) ? [] : undefined) } },
    });
    css = code.toString();
  }
}

/** The variables without a value or fallback that the list does not know. */
function newVariables(missing) {
  const known = text(join(HERE, "known-variables.txt")).split("\n");
  return missing.filter((name) => !known.includes(name));
}

function write(path, content) {
  writeFileSync(`${path}.nieuw`, content);
  renameSync(`${path}.nieuw`, path);
}

const found = packages();
const whole = together(found);
const css = withoutUnusedTokens([await withoutUnusedRules(whole), text(own)].join("\n"));
// Also those of rules that no template needs yet, so that the list follows from the packages and not from the pages.
const added = newVariables([...new Set([...variables([whole, text(own)].join("\n")).missing, ...variables(css).missing])].sort());
if (added.length) stop(`Geen waarde en geen terugval, en niet in known-variables.txt:\n${added.join("\n")}`);
const { code } = transform({ filename: "regie.css", code: Buffer.from(css), minify: true });
write(licences, found.map(({ name, version, license }) => `${name} ${version} ${license}\n`).join(""));
const notice = `/*! Met onderdelen van NL Design System (EUPL-1.2), van Frameless B.V., Gemeente Utrecht en NL Design System Community.
    Welke: licenties.txt */\n`;
write(out, notice + code.toString());
console.log(`Stijl van de pagina's: ${Math.ceil(code.length / 1024)} kB, van ${found.length} pakketten.`);
