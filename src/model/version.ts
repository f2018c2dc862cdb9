/**
 * The version in package.json; a test compares them. Reading that file at run time would take a
 * tenth of the time that Node needs to start.
 */
export const VERSION = '0.1.0';
