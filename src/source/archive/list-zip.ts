import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, parseExtraFields, type ZipFile } from 'yauzl'
import { CleanbillError } from '../../model/error.ts'
import { ARCHIVE_LIMITS, type ArchiveLimits, type Listing, ListingBuilder } from './listing.ts'
import { RangeBudget, type RangeReader } from './range-reader.ts'

/**
 * Lists a zip by its central directory, which is what installers go by too: a few kilobytes at the end, whatever the
 * size of the file.
 *
 * @param wants whose content is wanted, by path
 * @throws {CleanbillError} `SOURCE_MALFORMED` for what is no zip
 */
export async function listZip(
  reader: RangeReader,
  wants: (path: string) => boolean = () => false,
  limits: ArchiveLimits = ARCHIVE_LIMITS,
): Promise<Listing> {
  const builder = new ListingBuilder(limits)
  try {
    // Names are decoded below: the library refuses the whole archive for one `../`, and such a name is worth showing.
    const zip = await fromRandomAccessReaderPromise(reader, reader.size, { decodeStrings: false, autoClose: false })
    for await (const entry of zip.eachEntry()) {
      const path = nameOf(entry)
      if (path.endsWith('/')) continue
      if (!builder.add(path, entry.uncompressedSize)) break
      if (wants(path)) await takeContent(builder, zip, entry, path, limits)
    }
  } catch (error) {
    if (error instanceof RangeBudget) builder.truncate()
    else if (error instanceof CleanbillError) throw error
    else if (error instanceof Error) {
      throw new CleanbillError('SOURCE_MALFORMED', `the archive cannot be read: ${error.message}`, { cause: error })
    } else throw error
  }
  return builder.build()
}

function nameOf(entry: Entry): string {
  const extra = parseExtraFields(entry.extraFieldRaw)
  return getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, extra, false)
}

async function takeContent(
  builder: ListingBuilder,
  zip: ZipFile,
  entry: Entry,
  path: string,
  limits: ArchiveLimits,
): Promise<void> {
  if (entry.uncompressedSize > limits.manifestBytes || !entry.canDecodeFileData()) return builder.truncate()
  const parts: Buffer[] = []
  // The library holds the stream to the size that the directory states.
  for await (const part of (await zip.openReadStreamPromise(entry)) as AsyncIterable<Buffer>) {
    parts.push(part)
  }
  builder.addContent(path, Buffer.concat(parts))
}
