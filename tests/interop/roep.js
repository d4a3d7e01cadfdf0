// A client in JavaScript: reads calls as lines of JSON and writes each answer as one, for tests/interop/stapels.py.
// A call is [door, operation, message]; the message is the plain object that node's soap takes: no prefixes but those of attributes.
const { createInterface } = require("node:readline");
const { createRequire } = require("node:module");
const [modules, adres] = process.argv.slice(2);
const soap = createRequire(modules)("soap");
const clienten = {};

async function roep([deur, operatie, bericht]) {
  clienten[deur] ??= await soap.createClientAsync(`${adres}/${deur}?wsdl`.replace("/?", "?"));
  try {
    return (await clienten[deur][`${operatie}Async`](bericht))[0];
  } catch (fout) {
    return fout.root?.Envelope?.Body?.Fault?.detail ?? { anders: fout.message };
  }
}

async function speel() {
  for await (const regel of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await roep(JSON.parse(regel))));
  }
}

speel().catch((fout) => {
  console.error(fout);
  process.exit(1);
});
