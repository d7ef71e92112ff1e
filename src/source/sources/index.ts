import type { Source } from '../source.ts'
import { cargoSource } from './cargo.ts'
import { github } from './github.ts'
import { goSource } from './go.ts'
import { huggingfaceSource } from './huggingface.ts'
import { mavenSource } from './maven.ts'
import { npmSource } from './npm.ts'
import { ociSource } from './oci.ts'
import { ossRebuildSource } from './oss-rebuild.ts'
import { osvSource } from './osv.ts'
import { pypiSource } from './pypi.ts'
import { rubygemsSource } from './rubygems.ts'

/** Where evidence is looked for. A new source is a file, a row here, a folder of cases and an anchor in the docs. */
export const SOURCES: readonly Source[] = [
  npmSource,
  pypiSource,
  cargoSource,
  goSource,
  rubygemsSource,
  mavenSource,
  github,
  ociSource,
  huggingfaceSource,
  ossRebuildSource,
  osvSource,
]
