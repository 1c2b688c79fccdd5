import { describe, expect, test } from 'vitest'
import { keyOfSource } from '../../shared/source-name.ts'
import { commandLines, commandText } from '../../renderer/image/command-text.ts'
import { environmentOf, runFacts } from '../../renderer/image/config-words.ts'
import { layerLines, stripSegments } from '../../renderer/image/layer-facts.ts'
import { latestIndexJob, progressOf } from '../../renderer/image/use-reading.ts'
import { platformText } from '../../renderer/image/platform-text.ts'
import { MAX_SCROLL_HEIGHT, scrollScale } from '../../renderer/rows/scroll-scale.ts'
import { windowsOf } from '../../renderer/rows/row-windows.ts'
import { debian, debianInfo, jobState } from '../support/fake-client.ts'

describe("a step's command", () => {
  test.each([
    ['/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'],
    ['/bin/sh -c #(nop) ADD file:abc in / ', 'ADD file:abc in /'],
    ['/bin/sh -c apt-get update', 'RUN apt-get update'],
    ['RUN /bin/sh -c apt-get update # buildkit', 'RUN apt-get update'],
    ['RUN |2 A=1 B=x /bin/sh -c make # buildkit', 'RUN make'],
    ['|1 VERSION=3 /bin/sh -c make', 'RUN make'],
    ['/bin/bash -o pipefail -c curl | tar x', 'RUN curl | tar x'],
    ['COPY . /app # buildkit', 'COPY . /app'],
    ['WORKDIR /app', 'WORKDIR /app'],
    ['bazel build ...', 'bazel build ...'],
    ['/bin/sh -c a \\\n\t&& b', 'RUN a && b'],
    ['', ''],
    [undefined, ''],
  ])('%j reads %j', (createdBy, words) => {
    expect(commandText(createdBy)).toBe(words)
  })

  test('shows what a hostile one would hide', () => {
    expect(commandText('RUN echo \u001b[2K\u202edne')).toBe('RUN echo \\x1b[2K\\u{202e}dne')
    expect(commandLines('a\r\n\tb\u0007')).toEqual(['a', '  b\\x07'])
  })
})

test('what a container runs is quoted as a shell needs it', () => {
  expect(
    runFacts({ Entrypoint: ['nginx', '-g'], Cmd: ["it's on;"], User: 'web', WorkingDir: '/srv' }),
  ).toEqual({
    command: "nginx -g 'it'\\''s on;'",
    user: 'web',
    directory: '/srv',
  })
  expect(runFacts({ Cmd: null })).toEqual({ command: null, user: 'root', directory: '/' })
})

test('an environment line keeps every equals sign but its first', () => {
  expect(environmentOf({ Env: ['A=b=c', 'BARE', '=x'] })).toEqual([
    { name: 'A', value: 'b=c' },
    { name: 'BARE', value: '' },
    { name: '', value: 'x' },
  ])
})

test('a platform names its variant', () => {
  expect(platformText({ os: 'linux', architecture: 'arm64', variant: 'v8' })).toBe('linux/arm64/v8')
})

describe('the strip of layers', () => {
  test('gives every layer its share and the smallest one enough to be seen', () => {
    const layers = debianInfo.layers.map((layer, i) => ({ ...layer, size: i === 0 ? 0 : 1_000_000 }))
    const [small, large] = stripSegments(layers)
    expect((small?.fraction ?? 0) + (large?.fraction ?? 0)).toBeCloseTo(1)
    expect(small?.fraction).toBeGreaterThan(0.01)
  })

  test('weighs a layer nobody has inflated by its stored bytes', () => {
    const layers = debianInfo.layers.map((layer) => ({ ...layer, size: null }))
    expect(stripSegments(layers).map(({ fraction }) => fraction)).toEqual([
      expect.closeTo(2 / 3),
      expect.closeTo(1 / 3),
    ])
  })

  test('is empty where there are no layers', () => {
    expect(stripSegments([])).toEqual([])
  })
})

describe('the lines of the Layers tab', () => {
  test('follow the build, empty steps between the layers, and add up', () => {
    const [base, top] = debianInfo.history
    const lines = layerLines({
      ...debianInfo,
      history: [base!, { createdBy: 'ENV A=1', layerIndex: null }, top!],
    })
    expect(lines.map((line) => (line.kind === 'step' ? 'step' : line.runningTotal))).toEqual([
      2_000_000,
      'step',
      3_000_000,
    ])
  })

  test('name a layer once that the history names twice or not at all', () => {
    const lines = layerLines({
      ...debianInfo,
      history: [{ layerIndex: 1 }, { layerIndex: 1 }, { layerIndex: 7 }],
    })
    expect(lines.map((line) => line.kind === 'layer' && line.layer.index)).toEqual([1, 0])
  })

  test('have no total from the first unknown size on', () => {
    const layers = debianInfo.layers.map((layer) => (layer.index === 0 ? { ...layer, size: null } : layer))
    expect(
      layerLines({ ...debianInfo, layers }).map((line) => line.kind === 'layer' && line.runningTotal),
    ).toEqual([null, null])
  })
})

describe('an index job', () => {
  const other = jobState({ id: 'other', spec: { kind: 'index', input: { kind: 'tar', path: '/else.tar' } } })
  const first = jobState({ id: 'first', submitted: 1, phase: 'failed' })
  const second = jobState({ id: 'second', submitted: 2 })

  test('of an image is the latest of that image', () => {
    expect(latestIndexJob([second, other, first], keyOfSource(debian))?.id).toBe('second')
    expect(latestIndexJob([other], keyOfSource(debian))).toBeUndefined()
  })

  test('has progressed when a step has ended, not with every byte', () => {
    const at = (done: number): string => progressOf({ ...second, steps: [{ name: 'a', done, total: 10 }] })
    expect(at(1)).toBe(at(9))
    expect(at(9)).not.toBe(at(10))
    expect(progressOf({ ...second, phase: 'done' })).not.toBe(at(10))
  })
})

describe('a list higher than browsers can scroll', () => {
  test('reaches its last row, and rows below the bound are not scaled', () => {
    expect(scrollScale(28 * 500_000, 600).height).toBe(14_000_000)
    const scale = scrollScale(28 * 2_000_000, 600)
    expect(scale.height).toBe(MAX_SCROLL_HEIGHT)
    expect(scale.toList(MAX_SCROLL_HEIGHT - 600)).toBeCloseTo(28 * 2_000_000 - 600)
    expect(scale.toScroller(scale.toList(12_345))).toBeCloseTo(12_345)
    expect(scale.toList(0)).toBe(0)
  })
})

test.each([
  [0, 0, [0]],
  [0, 199, [0]],
  [150, 250, [0, 1]],
  [399, 400, [1, 2]],
])('rows %i to %i lie in windows %j', (first, last, windows) => {
  expect(windowsOf(first, last)).toEqual(windows)
})
