import root from './seeds/github-tuf-root.json' with { type: 'json' }

/**
 * The TUF root that trust in GitHub's own Sigstore instance starts from, as text. TUF walks forward from it, each root
 * signed by the one before. Source: cli/cli `pkg/cmd/attestation/verification/embed/tuf-repo.github.com/root.json`
 * (MIT), which is what `gh attestation verify` starts from.
 */
export const githubTufRoot: string = JSON.stringify(root)
