/** The parts of a package URL that name a package; qualifiers and subpath say where it lies, not what it is. */
export interface PackageUrl {
    readonly type: string;
    readonly namespace: string;
    readonly name: string;
    readonly version: string;
}
/** What {@link formatPackageUrl} takes; an empty part is left out. */
export interface PackageUrlParts {
    readonly type: string;
    readonly namespace?: string | undefined;
    readonly name: string;
    readonly version?: string | undefined;
    readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined;
    readonly subpath?: string | undefined;
}
/**
 * Reads `pkg:type/namespace/name@version?qualifiers#subpath`. Compared by parts, never as text: npm's registry writes
 * `pkg:npm/%40scope/name@1.0.0`, others `pkg:npm/@scope/name@1.0.0`. Source: package-url/purl-spec.
 *
 * @returns undefined when the text is no package URL
 */
export declare function parsePackageUrl(text: string): PackageUrl | undefined;
/** Do both name the same package and version? PyPI and GitHub names are compared in the form those hosts compare them. */
export declare function samePackage(left: PackageUrl | undefined, right: PackageUrl | undefined): boolean;
/**
 * Writes a package URL, names in their canonical form. packageurl-js is not used for this: its version 2.0.1 turns npm's
 * `JSONStream` into `jsonstream`, which is another package, and leaves the dot in PyPI's `zope.interface`.
 *
 * @example
 * formatPackageUrl({ type: 'npm', namespace: '@acme', name: 'app', version: '1.0.0' }) // pkg:npm/%40acme/app@1.0.0
 */
export declare function formatPackageUrl(parts: PackageUrlParts): string;
/** PEP 503: runs of `-`, `_` and `.` are one `-`, and case does not count. */
export declare function normalizePythonName(name: string): string;
