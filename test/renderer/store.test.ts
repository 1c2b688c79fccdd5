import { afterEach, describe, expect, test, vi } from 'vitest'
import { useShell } from '../../renderer/store.ts'
import { keyOfSource } from '../../shared/source-name.ts'
import type { SourceSpec } from '../../shared/uri.ts'

const a: SourceSpec = { kind: 'tar', path: '/a.tar' }
const b: SourceSpec = { kind: 'tar', path: '/b.tar' }
const c: SourceSpec = { kind: 'tar', path: '/c.tar' }
const shell = () => useShell.getState()

afterEach(() => useShell.setState(useShell.getInitialState(), true))

describe('a source as a key', () => {
  test('does not depend on the order its parts were written in', () => {
    expect(keyOfSource({ path: '/a.tar', kind: 'tar', image: 'x' })).toBe(
      keyOfSource({ kind: 'tar', image: 'x', path: '/a.tar' }),
    )
  })
  test('tells images of one file apart, and platforms', () => {
    const keys = [
      a,
      { ...a, image: 'x' },
      { ...a, platform: { os: 'linux', architecture: 'arm64' } },
      { kind: 'layout', path: '/a.tar' },
      { kind: 'dir', path: '/a.tar', image: 'x', tag: '1' },
      { kind: 'dir', path: '/a.tar', image: 'x', tag: '2' },
    ] satisfies SourceSpec[]
    expect(new Set(keys.map(keyOfSource)).size).toBe(keys.length)
  })
})

describe('open images', () => {
  test('opening one twice selects it and keeps its tab', () => {
    shell().showImage(a, 'a')
    shell().setTab(keyOfSource(a), 'files')
    shell().showImage(b, 'b')
    shell().showImage(a, 'a')
    expect(shell().openImages.map(({ title, tab }) => [title, tab])).toEqual([
      ['a', 'files'],
      ['b', 'overview'],
    ])
    expect([shell().activeImage, shell().page]).toEqual([keyOfSource(a), 'image'])
  })

  test('closing the shown one shows its neighbour, closing the last one shows Home', () => {
    for (const source of [a, b, c]) shell().showImage(source, source.path)
    shell().showImage(b, '/b.tar')
    shell().closeImage(keyOfSource(b))
    expect(shell().activeImage).toBe(keyOfSource(c))
    shell().closeImage(keyOfSource(c))
    expect(shell().activeImage).toBe(keyOfSource(a))
    shell().closeImage(keyOfSource(a))
    expect([shell().activeImage, shell().page]).toEqual([null, 'home'])
  })

  test('closing another one leaves the person where they are', () => {
    shell().showImage(a, 'a')
    shell().showImage(b, 'b')
    shell().go('jobs')
    shell().closeImage(keyOfSource(a))
    expect([shell().activeImage, shell().page]).toEqual([keyOfSource(b), 'jobs'])
  })

  test('asking for the search box shows the tab and asks again each time', () => {
    shell().showImage(a, 'a')
    shell().go('jobs')
    shell().focusSearch()
    shell().focusSearch()
    expect([shell().page, shell().openImages[0]?.tab, shell().searchFocus]).toEqual(['image', 'search', 2])
  })

  test('without an image it is the box that searches all, as it is on that page', () => {
    shell().focusSearch()
    expect([shell().page, shell().searchFocus]).toEqual(['search', 1])
    shell().showImage(a, 'a')
    shell().searchAll()
    shell().focusSearch()
    expect([shell().page, shell().searchFocus]).toEqual(['search', 3])
  })
})

test('a reload finds what was open; what waited for an answer is gone', () => {
  shell().showImage(a, 'a', 'layers')
  shell().openExport(a)
  const kept: unknown = JSON.parse(sessionStorage.getItem('occystrap.shell') ?? '')
  expect(kept).toMatchObject({
    state: { page: 'image', activeImage: keyOfSource(a), openImages: [{ tab: 'layers' }] },
  })
  expect(kept).not.toHaveProperty('state.exporting')
})

test('a second picker dismisses the first', () => {
  const first = vi.fn()
  const second = vi.fn()
  shell().openPicker({ mode: 'file', purpose: 'open', resolve: first })
  shell().openPicker({ mode: 'file', purpose: 'open', resolve: second })
  shell().answerPicker('/x')
  expect([first.mock.calls, second.mock.calls]).toEqual([[[null]], [['/x']]])
})

test('an equal announcement is another text, so that it is read again', () => {
  shell().announce('12 results')
  const before = shell().announcement
  shell().announce('12 results')
  expect(shell().announcement).not.toBe(before)
  expect(shell().announcement.trim()).toBe('12 results')
})
