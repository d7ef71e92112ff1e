/** Cases that no single check turns red, by their title, and why that is as it should be. */
export const UNREMOVABLE: Readonly<Record<string, string>> = {
  'T-AC-02: shows no escape sequence of a name that somebody else chose':
    'Every name is escaped, and nothing decides whether: there is no check, and the property tests of the escapers hold it.',
  'T-CR-17: of an old Node are met with one line, not a stack':
    'The check is in the start file, which is shipped as it is written, for a Node that would not understand anything else.',
  'T-CR-17: is built in: the shipped files name a verifier that is new enough':
    'What is held is the version of the library that the build puts in. No line of ours says it.',
}
