import { describeOutput } from '../support/output-suite.ts'

describeOutput({
  name: 'directory',
  destination: (path) => ({ kind: 'dir', path, uniqueNames: false }),
  source: (path) => ({ kind: 'dir', path, image: 'app', tag: 'latest' }),
})
