// Stands in for ajv in the bundle. conf loads that schema compiler always and uses it for a schema only; we give it none.
export class Ajv2020 {
  constructor() {
    throw new Error('conf was given a schema, and the bundle has no compiler for it');
  }
}

export default () => undefined;
