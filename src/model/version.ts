/**
 * The version of package.json; a test compares them. Reading that file would take a tenth of the
 * time Node needs to start.
 */
export const VERSION = '0.1.0';
