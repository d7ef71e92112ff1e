import type { WorldService } from '../route.ts'
import { cargoService } from './cargo.ts'
import { github, githubBlobs } from './github.ts'
import { goService } from './go.ts'
import { huggingfaceService } from './huggingface.ts'
import { mavenService } from './maven.ts'
import { npmService } from './npm.ts'
import { ociServices } from './oci.ts'
import { ossRebuildService } from './oss-rebuild.ts'
import { osvService } from './osv.ts'
import { pypiService } from './pypi.ts'
import { rubygemsService } from './rubygems.ts'

/** Every service that a world offers, each on a port of its own. A new one is a file here and a row. */
export const WORLD_SERVICES: readonly WorldService[] = [
  npmService,
  pypiService,
  cargoService,
  goService,
  rubygemsService,
  mavenService,
  github,
  githubBlobs,
  ...ociServices,
  huggingfaceService,
  ossRebuildService,
  osvService,
]
