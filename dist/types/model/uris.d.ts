/**
 * Where this project's documents live. Type URIs are names first: they never change once something is signed with
 * them, and should resolve to the page that explains them.
 */
export declare const PROJECT_URI = "https://github.com/cleanbill/cleanbill";
/** buildType of everything `run` records. Documented in `docs/build-types/run-v1.md`. */
export declare const RUN_BUILD_TYPE = "https://github.com/cleanbill/cleanbill/blob/main/docs/build-types/run-v1.md";
/** Every key that `externalParameters` of {@link RUN_BUILD_TYPE} may have; the build type's page explains them. */
export declare const RUN_PARAMETERS: readonly ['kind', 'command', 'inputs', 'outputs', 'workflow', 'workflowInputs'];
/** builder.id of a run outside any CI system: a person's own machine vouches for nothing but its key holder. */
export declare const LOCAL_BUILDER = "https://github.com/cleanbill/cleanbill/blob/main/docs/build-types/run-v1.md#local";
/** `schema` field of each JSON document the command line prints. */
export declare const schemaUri: (name: string) => string;
