// Reads the WSDL at an address. Prints one line of JSON: per port its operations, with what stands in their messages.
const { createRequire } = require("node:module");
const [modules, adres] = process.argv.slice(2);
const soap = createRequire(modules)("soap");

async function lees() {
  const client = await soap.createClientAsync(`${adres}?wsdl`, { namespaceArrayElements: false });
  const [poorten] = Object.values(client.describe());
  const berichten = (poort) => Object.entries(poort).map(([naam, operatie]) => [naam, Object.keys(operatie.input)]);
  console.log(
    JSON.stringify(Object.fromEntries(Object.entries(poorten).map(([naam, poort]) => [naam, Object.fromEntries(berichten(poort))]))),
  );
}

lees().catch((fout) => {
  console.error(fout.message);
  process.exit(1);
});
