import type { Finder } from '../finder.ts'
import { bazelLock } from './bazel-lock.ts'
import { bunLock } from './bun-lock.ts'
import { cargoLock } from './cargo-lock.ts'
import { compose } from './compose.ts'
import { condaLock, pixiLock } from './conda.ts'
import { croissant } from './croissant.ts'
import { dvc, lfsPointer } from './data-pointers.ts'
import { dockerfile } from './dockerfile.ts'
import { gemfileLock } from './gemfile-lock.ts'
import { goMod, goSum } from './go-sum.ts'
import { gradleLock, gradleVerification, pom } from './gradle.ts'
import { npmLock } from './npm-lock.ts'
import { pipfileLock } from './pipfile-lock.ts'
import { pnpmLock } from './pnpm-lock.ts'
import { pdmLock, poetryLock } from './poetry-lock.ts'
import { pylock } from './pylock.ts'
import { requirements } from './requirements.ts'
import { uvLock } from './uv-lock.ts'
import { action, workflow } from './workflow.ts'
import { yarnLock } from './yarn-lock.ts'

/** Every kind of dependency file that is read. A new one is one file, one row, one case folder. */
export const FINDERS: readonly Finder[] = [
  npmLock,
  pnpmLock,
  yarnLock,
  bunLock,
  requirements,
  uvLock,
  poetryLock,
  pdmLock,
  pipfileLock,
  pylock,
  workflow,
  action,
  dockerfile,
  compose,
  cargoLock,
  goSum,
  goMod,
  gemfileLock,
  gradleLock,
  gradleVerification,
  pom,
  pixiLock,
  condaLock,
  bazelLock,
  dvc,
  croissant,
  lfsPointer,
]
