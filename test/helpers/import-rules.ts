/** One import statement of a file. */
export interface Import {
  readonly specifier: string;
  /** Nothing of it is left when the program runs. */
  readonly isTypeOnly: boolean;
  /** Loaded when the program comes to it, not with the file. */
  readonly isLater: boolean;
}

/** Who may import whom, as data: one row for units that may import the same. */
interface ImportRow {
  /** Units: a folder such as `src/api` with all below it, unless a longer unit stands in the table, or one file. */
  readonly who: readonly string[];
  /** The units, or single files, that each of them may import; `type src/x` allows its types only. */
  readonly may: readonly string[];
}

/** A unit that is in no row may not exist. */
export type ImportTable = readonly ImportRow[];

/** The units that may import a package. A package that is not named here may not be imported at all. */
export type PackageOwners = Readonly<Record<string, readonly string[]>>;

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
export function violationsOf(
  path: string,
  source: string,
  { table, owners }: { readonly table: ImportTable; readonly owners: PackageOwners },
): readonly string[] {
  const unit = unitOf(path, table);
  const row = table.find(({ who }) => who.includes(unit));
  if (row === undefined) return [`${path}: ${unit} is not in the table`];

  return importsOf(source).flatMap(({ specifier, isTypeOnly }) => {
    if (specifier.startsWith('node:')) return [];
    if (!specifier.startsWith('.')) {
      return owners[specifier]?.includes(unit) ? [] : [`${path} imports the package ${specifier}`];
    }

    const file = resolve(path, specifier);
    const target = unitOf(file, table);
    if (target === unit) return [];
    const isAllowed = [target, file].some(
      (each) => row.may.includes(each) || (isTypeOnly && row.may.includes(`type ${each}`)),
    );
    return isAllowed ? [] : [`${path} imports ${isTypeOnly ? 'the types of ' : ''}${target}`];
  });
}

/** The first circle that imports of types or values make, as names in order. */
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

/** The files that a file imports, types included. */
export function filesImportedBy(path: string, source: string): readonly string[] {
  return importsOf(source)
    .filter(({ specifier }) => specifier.startsWith('.'))
    .map(({ specifier }) => resolve(path, specifier));
}

/** The longest unit of the table that a path is in; without one, its folder below the top. */
export function unitOf(path: string, table: ImportTable = []): string {
  const units = table
    .flatMap(({ who }) => who)
    .filter((unit) => path === unit || path.startsWith(`${unit}/`));
  const [top = '', second = ''] = path.split('/');
  return units.sort((a, b) => b.length - a.length)[0] ?? (top === 'src' ? `src/${second}` : top);
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
