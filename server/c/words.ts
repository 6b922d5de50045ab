/** The words of C and of tree-sitter-c that need care when tokens are spelled again. Data only. */

/** Words that the grammar treats as keywords although a preprocessed kernel may use them as names. */
export const GRAMMAR_WORDS: ReadonlySet<string> = new Set(
  `true false TRUE FALSE NULL nullptr offsetof defined noreturn thread_local alignas alignof constexpr
  __try __except __finally __leave _unaligned __unaligned __cdecl __clrcall __stdcall __fastcall __thiscall
  __vectorcall __uptr __sptr _Nonnull __based __declspec __forceinline __restrict charptr_t max_align_t
  nullptr_t size_t ssize_t ptrdiff_t intptr_t uintptr_t int8_t int16_t int32_t int64_t uint8_t uint16_t
  uint32_t uint64_t char8_t char16_t char32_t char64_t asm _alignof`.split(/\s+/),
);

/** Qualifiers and hints without an effect on what is computed: left out. */
export const DROPPED: ReadonlySet<string> = new Set(
  `const volatile restrict __const __const__ __volatile __volatile__ __restrict __restrict__ __extension__
  register auto _Noreturn _Atomic _Thread_local __thread noreturn`.split(/\s+/),
);

export const RESPELLED: Readonly<Record<string, string>> = {
  _Bool: 'bool',
  __inline: 'inline',
  __inline__: 'inline',
  __signed__: 'signed',
  __signed: 'signed',
  __alignof__: 'sizeof',
  __alignof: 'sizeof',
  _Alignof: 'sizeof',
  _Float128: 'double',
};

export const KEYWORDS: ReadonlySet<string> = new Set(
  `break case char continue default do double else enum extern float for goto if inline int long return short
  signed sizeof static struct switch typedef union unsigned void while bool _Bool`.split(/\s+/),
);

export const TYPE_WORDS: ReadonlySet<string> = new Set(
  'char double float int long short signed unsigned void bool _Bool __signed__ __int128'.split(' '),
);

export const TYPEOF: ReadonlySet<string> = new Set([
  'typeof',
  '__typeof__',
  '__typeof',
  'typeof_unqual',
  '__typeof_unqual__',
]);
export const ASM: ReadonlySet<string> = new Set(['asm', '__asm__', '__asm']);
export const ATTRIBUTE: ReadonlySet<string> = new Set(['__attribute__', '__attribute']);
export const ASSERT: ReadonlySet<string> = new Set(['_Static_assert', 'static_assert']);
export const OFFSETOF: ReadonlySet<string> = new Set(['__builtin_offsetof', 'offsetof']);
