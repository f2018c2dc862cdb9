/** One import statement of a file. */
export interface Import {
  readonly specifier: string;
  /** Nothing of it is left when the program runs. */
  readonly isTypeOnly: boolean;
  /** Loaded when the program comes to it, not with the file. */
  readonly isLater: boolean;
}

/** Who may import whom, as data. A key is a unit: a folder such as `src/api`, or a file at the top such as `src/push.ts`. */
export interface ImportRules {
  /** The units each unit may import; `type src/x` allows its types only. What is not a key may not exist. */
  readonly mayImport: Readonly<Record<string, readonly string[]>>;
  /** The one unit that may import a package. A package that is not named here may not be imported at all. */
  readonly packageOwners: Readonly<Record<string, string>>;
}

/** Static imports, re-exports, `import()`, and files named by a URL beside this one. */
export function importsOf(source: string): readonly Import[] {
  const code = withoutComments(source);
  const imports: Import[] = [];
  const statements =
    /^[ \t]*(?:import|export)\b(?![ \t]*\()((?:[^'";]*?\bfrom)?)\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)|new URL\(\s*['"](\.[^'"]+)['"]\s*,\s*import\.meta\.url/gm;
  for (const [, clause, fixed, dynamic, url] of code.matchAll(statements)) {
    const specifier = fixed ?? dynamic ?? url;
    if (specifier === undefined) continue;
    const isLater = fixed === undefined;
    imports.push({ specifier, isTypeOnly: isTypeOnly(clause ?? ''), isLater });
  }
  return imports;
}

/** What a file imports against the rules, each as a line for a reader. `path` is relative to the project. */
export function violationsOf(path: string, source: string, rules: ImportRules): readonly string[] {
  const unit = unitOf(path);
  const allowed = rules.mayImport[unit];
  if (allowed === undefined) return [`${path}: ${unit} is not in the table`];
  return importsOf(source).flatMap(({ specifier, isTypeOnly }) => {
    if (specifier.startsWith('node:')) return [];
    if (!specifier.startsWith('.')) {
      const isOwner = rules.packageOwners[specifier] === unit;
      return isOwner ? [] : [`${path} imports the package ${specifier}`];
    }
    const target = unitOf(resolve(path, specifier));
    const isAllowed =
      target === unit || allowed.includes(target) || (isTypeOnly && allowed.includes(`type ${target}`));
    return isAllowed ? [] : [`${path} imports ${isTypeOnly ? 'the types of ' : ''}${target}`];
  });
}

/** The first circle that the imports of types or values make among the units, as their names in order. */
export function circleAmong(
  edges: Readonly<Record<string, readonly string[]>>,
): readonly string[] | undefined {
  const done = new Set<string>();
  const visit = (unit: string, trail: readonly string[]): readonly string[] | undefined => {
    if (trail.includes(unit)) return [...trail.slice(trail.indexOf(unit)), unit];
    if (done.has(unit)) return undefined;
    for (const next of edges[unit] ?? []) {
      const circle = visit(next, [...trail, unit]);
      if (circle) return circle;
    }
    done.add(unit);
    return undefined;
  };
  for (const unit of Object.keys(edges)) {
    const circle = visit(unit, []);
    if (circle) return circle;
  }
  return undefined;
}

/** The units that a file's relative imports lead to, its own left out. */
export function unitsImportedBy(path: string, source: string): readonly string[] {
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => unitOf(resolve(path, specifier)))
    .filter((unit) => unit !== unitOf(path));
}

/** `src/api/connection.ts` belongs to `src/api`, `bin/x.ts` to `bin`, `src/push.ts` to itself. */
export function unitOf(path: string): string {
  const [top = '', second = ''] = path.split('/');
  return top === 'src' ? `src/${second}` : top;
}

export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');
}

function isTypeOnly(clause: string): boolean {
  if (/^\s*type\s+[{*\w]/.test(clause)) return true;
  const names = /^\s*\{([^}]*)\}\s*from$/.exec(clause)?.[1];
  return names?.split(',').every((name) => name.trim() === '' || /^\s*type\s/.test(name)) ?? false;
}

function resolve(from: string, specifier: string): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}
