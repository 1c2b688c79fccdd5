const HEADER = 64
const PROGRAM_HEADER = 56
const CODE = HEADER + PROGRAM_HEADER
/** Where linkers put a program; the file's first byte stands here. */
const BASE = 0x40_0000
const PAGE = 0x1000

/** A static program for Linux on x86-64 that prints the text and ends; no library, no section, one segment: the whole file. */
export function sampleProgram(text: string): Buffer {
  const data = Buffer.from(text)
  const code = codeOf(BASE + CODE + codeOf(0, 0).length, data.length)
  const size = CODE + code.length + data.length
  return Buffer.concat([elfHeader(), programHeader(size), code, data])
}

/** elf(5), Elf64_Ehdr. */
function elfHeader(): Buffer {
  const header = Buffer.alloc(HEADER)
  // 64 bits, little-endian, version 1.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  // ET_EXEC, EM_X86_64, EV_CURRENT
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(62, 18)
  header.writeUInt32LE(1, 20)
  // e_entry and e_phoff
  header.writeBigUInt64LE(BigInt(BASE + CODE), 24)
  header.writeBigUInt64LE(BigInt(HEADER), 32)
  // e_ehsize, e_phentsize, e_phnum
  header.writeUInt16LE(HEADER, 52)
  header.writeUInt16LE(PROGRAM_HEADER, 54)
  header.writeUInt16LE(1, 56)
  return header
}

/** elf(5), Elf64_Phdr. */
function programHeader(size: number): Buffer {
  const header = Buffer.alloc(PROGRAM_HEADER)
  // PT_LOAD, PF_R | PF_X
  header.writeUInt32LE(1, 0)
  header.writeUInt32LE(4 | 1, 4)
  // p_offset stays 0; p_vaddr and p_paddr, p_filesz and p_memsz, p_align
  for (const [at, value] of [
    [16, BASE],
    [24, BASE],
    [32, size],
    [40, size],
    [48, PAGE],
  ] as const)
    header.writeBigUInt64LE(BigInt(value), at)
  return header
}

/** syscall(2): the number in eax, arguments in edi, esi and edx. */
function codeOf(textAddress: number, length: number): Buffer {
  return Buffer.concat([
    // write(1, text, length)
    move(EAX, 1),
    move(EDI, 1),
    move(ESI, textAddress),
    move(EDX, length),
    SYSCALL,
    // exit(0)
    move(EAX, 60),
    move(EDI, 0),
    SYSCALL,
  ])
}

const [EAX, EDX, ESI, EDI] = [0, 2, 6, 7]
const SYSCALL = Buffer.from([0x0f, 0x05])

/** `mov r32, imm32`, which clears the upper half of the register. */
function move(register: number, value: number): Buffer {
  const instruction = Buffer.alloc(5)
  instruction.writeUInt8(0xb8 + register)
  instruction.writeUInt32LE(value, 1)
  return instruction
}
