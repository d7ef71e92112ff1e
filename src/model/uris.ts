/**
 * Where this project's documents live. Type URIs are names first: they never change once something is signed with
 * them, and should resolve to the page that explains them.
 */
export const PROJECT_URI = 'https://github.com/cleanbill/cleanbill'

/** buildType of everything `run` records. Documented in `docs/build-types/run-v1.md`. */
export const RUN_BUILD_TYPE = `${PROJECT_URI}/blob/main/docs/build-types/run-v1.md`

/** Every key that `externalParameters` of {@link RUN_BUILD_TYPE} may have; the build type's page explains them. */
export const RUN_PARAMETERS = ['kind', 'command', 'inputs', 'outputs', 'workflow', 'workflowInputs'] as const

/** builder.id of a run outside any CI system: a person's own machine vouches for nothing but its key holder. */
export const LOCAL_BUILDER = `${RUN_BUILD_TYPE}#local`

/** `schema` field of each JSON document the command line prints. */
export const schemaUri = (name: string): string => `${PROJECT_URI}/schemas/${name}.schema.json`
