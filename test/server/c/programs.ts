/** Small C programs, one construct each. Every one defines `u64t f(u64t x, u64t y, u64t z)`. */

export const PROGRAMS: readonly { readonly title: string; readonly text: string }[] = [
  {
    title: 'clean-up on every exit of a scope',
    text: `
static u64t trace;
static void note(int *p) { trace = trace * 10 + *p; }
#define GUARD(n) int n __attribute__((cleanup(note)))
static int inner(int way) {
  GUARD(a) = 1;
  for (int i = 0; i < 3; i++) {
    GUARD(b) = 2;
    if (way == 0 && i == 1) break;
    if (way == 1) continue;
    { GUARD(c) = 3; if (way == 2) goto out; if (way == 3) return trace + 100; }
    switch (way) { case 4: { GUARD(d) = 4; break; } default: ; }
  }
out:;
  GUARD(e) = 5;
  return trace;
}
static int again(void) { int n = 0; retry:; GUARD(g) = 7; if (++n < 3) goto retry; return n; }
u64t f(u64t x, u64t y, u64t z) {
  trace = 0; u64t r = 0;
  for (int way = 0; way < 6; way++) r = r * 1000003 + inner(way) + trace;
  r += again();
  for (int once __attribute__((cleanup(note))) = 8, go = 1; go; go = 0) trace++;
  r += ({ GUARD(h) = 9; h + 1; });
  return r ^ trace;
}`,
  },
  {
    title: 'postfix operators bind tighter than prefix ones',
    text: `
struct counter { int n; struct counter *next; };
u64t f(u64t x, u64t y, u64t z) {
  struct counter c = { (int)x, 0 }, *p = &c;
  c.next = p;
  u64t r = !p->n++;
  r = r * 31 + -p->n--;
  r = r * 31 + ~p->next->n++;
  r = r * 31 + !!(!p->n--);
  r = r * 31 + !!p->n++ + - -c.n--;
  return r * 31 + c.n;
}`,
  },
  {
    title: 'structs by value',
    text: `
struct big { long a[4]; int b; };
struct small { short s; char c; };
static struct big make(long v) { struct big b = { .a = { v, v + 1 }, .b = 7 }; return b; }
static long sum(struct big b) { b.a[0] += 100; return b.a[0] + b.a[1] + b.a[2] + b.b; }
static struct small pair(int s, int c) { return (struct small){ s, c }; }
u64t f(u64t x, u64t y, u64t z) {
  struct big b = make(x), c;
  c = b; c.b = 9;
  struct small p = pair(y, z), *q = &p;
  *q = x ? pair(1, 2) : pair(3, 4);
  return sum(b) * 3 + sum(c) + make(z).a[1] + pair(x, y).s + q->c + sum((struct big){ .b = 5 }) + b.a[0];
}`,
  },
  {
    title: 'pointers to functions',
    text: `
typedef u64t (*op_t)(u64t, u64t);
static u64t add(u64t a, u64t b) { return a + b; }
static u64t sub(u64t a, u64t b) { return a - b; }
static const struct ops { op_t run; const char *name; } table[] = { { add, "add" }, { .name = "sub", .run = &sub }, };
static u64t apply(op_t op, u64t a, u64t b) { return op ? (*op)(a, b) : 0; }
static op_t choose(int i) { return table[i & 1].run; }
u64t f(u64t x, u64t y, u64t z) {
  u64t (*local)(u64t, u64t) = x & 1 ? add : sub;
  u64t r = apply(choose(x), y, z) * 3 + local(y, x) + apply(0, 1, 2) + (choose(1) == sub) + table[1].name[2];
  return r + (**local)(1, 2) + (sizeof table / sizeof table[0]);
}`,
  },
  {
    title: 'jumps into blocks and out of loops',
    text: `
u64t f(u64t x, u64t y, u64t z) {
  u64t r = 0; int n = 0;
  if (x & 1) goto inside;
  while (n < 5) {
    r += n;
inside:
    n++;
    for (;;) { if (n & 1) goto next; r ^= 0x55; break; }
    r *= 3;
    continue;
next: r += 2;
  }
  switch (y & 3) { int k; case 0: k = 3; while (k--) { case 1: r += 10; if (r > 1000) break; } r++; break; case 2: r -= 4; default: r ^= z; }
  do { if (n++ > 7) break; if (n & 1) continue; r += n; } while (n < 20);
  return r;
}`,
  },
  {
    title: 'initialisers with designators and elided braces',
    text: `
struct in { int a, b[3]; };
struct out { struct in i[2]; union { int u; struct { short lo, hi; }; }; char name[6]; int tail[]; };
static int grid[3][4] = { 1, 2, 3, 4, 5, { 6 }, [2] = { [1 ... 2] = 8 } };
static struct out g = { { { 1, 2, 3, 4 }, { .b = { [1] = 5 } } }, .hi = 7, .name = "abc" };
static int *ptr = &grid[1][2], sized[] = { [9] = 1, 2 };
static char text[] = "hello" " world";
struct bits { unsigned a:3, b:5; int c:4; };
static struct bits gb = { 5, 17, -3 };
u64t f(u64t x, u64t y, u64t z) {
  struct in one = { x, { y, z } };
  struct out o = { { one, { 9 } }, { .u = 0x10002 }, "xyz" };
  struct out q = { .i[1].b[2] = 4, .i[0] = one, .lo = 3 };
  int local[2][2] = { { 1 }, 2, 3 };
  u64t r = grid[0][3] * 3 + grid[1][0] + grid[2][2] + grid[1][1] + *ptr + sizeof sized + sizeof text + text[6];
  r = r * 31 + g.i[0].b[2] + g.i[1].b[1] + g.u + g.name[2] + g.name[3];
  r = r * 31 + o.i[0].b[1] + o.i[1].a + o.hi + o.name[1] + q.i[1].b[2] + q.i[0].a + q.lo + q.hi;
  r = r * 31 + local[0][1] + local[1][0] * 5 + local[1][1] + gb.a + gb.b * 7 + gb.c;
  return r * 31 + ((struct in){ .b = { 1, x } }).b[1] + ((int[]){ 4, 5, 6 })[x & 1] + *(int[]){ 7 };
}`,
  },
  {
    title: 'layout of structs',
    text: `
struct a { char c; int i; }; struct b { char c; long l; short s; }; struct __attribute__((packed)) c { char c; long l; };
struct d { char c __attribute__((aligned(16))); int i; }; struct e { int a:3; int :0; int b:4; char c; };
struct f1 { u64t a:40, b:20, c:10; }; struct g { char c; int x:20; int y:20; }; struct h { short s:9; char t:3; };
union u { char c[9]; long l; }; struct i { struct a a; union u u; char t; } __attribute__((aligned(32)));
struct j { char c; struct { short s; }; int :5; char d; }; struct k { _Bool b:1; char c; u64t x:33; };
struct l { char c; int n; char flex[]; }; struct m { char a[3]; short b; char c[5]; };
#define S(t) (sizeof(t) * 100 + __alignof__(t))
u64t f(u64t x, u64t y, u64t z) {
  u64t r = 0;
#define A(v) r = r * 1009 + (v)
  A(S(struct a)); A(S(struct b)); A(S(struct c)); A(S(struct d)); A(S(struct e)); A(S(struct f1)); A(S(struct g));
  A(S(struct h)); A(S(union u)); A(S(struct i)); A(S(struct j)); A(S(struct k)); A(S(struct l)); A(S(struct m));
  A(__builtin_offsetof(struct i, u.l)); A(__builtin_offsetof(struct m, c[2])); A(__builtin_offsetof(struct j, d));
  A(__builtin_offsetof(struct l, flex)); A(__builtin_offsetof(struct k, c));
  union { struct f1 s; u64t w[2]; } p = { .w = { x, y } }; A(p.s.b); A(p.s.c);
  union { struct g s; u32t w[3]; } q = { .w = { x, y, z } }; A(q.s.x); A(q.s.y); q.s.y = x; A(q.w[2]); A(q.w[1]);
  return r;
}`,
  },
  {
    title: 'macros',
    text: `
#define CAT_(a, b) a##b
#define CAT(a, b) CAT_(a, b)
#define STR_(x) #x
#define STR(x) STR_(x)
#define SUM(first, ...) (first + sum(__VA_ARGS__))
#define CALL(fn, args...) fn(1, ##args)
#define ARG3(_1, _2, _3, n, ...) n
#define COUNT(...) ARG3(__VA_ARGS__, 3, 2, 1)
#define min(a, b) ({ typeof(a) _a = (a); typeof(b) _b = (b); _a < _b ? _a : _b; })
static int foo = 4;
#define foo foo + 1
#define f(x) g(x
#undef f
#define PLACEHOLDER_1 0,
#define SECOND(a, b, ...) b
#define IS_SET(v) IS_SET_(CAT(PLACEHOLDER_, v))
#define IS_SET_(junk) SECOND(junk 1, 0)
#define CONFIG_ON 1
static int sum(int a, int b) { return a * b; }
static int one(int a, ...) { return a; }
#if defined(CONFIG_ON) && (CONFIG_ON + 1 == 2) && !defined CONFIG_OFF && 1 << 3 > 7 && (-1 < 0 ? 1 : 0)
u64t f(u64t x, u64t y, u64t z) {
  int CAT(va, lue) = __LINE__;
  const char *s = STR(CAT(a, b) + "q\\"" ), *t = STR();
  u64t r = foo * 2 + value + SUM(1, 2, 3) + CALL(one) + CALL(one, 2, 3) + COUNT(a, b) * 100 + COUNT(a) * 1000;
  for (int i = 0; s[i]; i++) r = r * 31 + s[i];
  r += t[0] + IS_SET(CONFIG_ON) * 7 + IS_SET(CONFIG_OFF) + min(min(x, y), min(z, 3ull)) + min(1, 2);
  return r;
}
#else
#error "not this"
#endif`,
  },
  {
    title: 'pointer arithmetic and container_of',
    text: `
struct list { struct list *next, *prev; };
struct item { int v; struct list link; char pad[3]; };
#define container_of(p, T, m) ({ void *_m = (void *)(p); ((T *)(_m - __builtin_offsetof(T, m))); })
#define each(pos, head, m) for (pos = container_of((head)->next, typeof(*pos), m); &pos->m != (head); pos = container_of(pos->m.next, typeof(*pos), m))
u64t f(u64t x, u64t y, u64t z) {
  struct item items[3] = { { .v = x }, { .v = y }, { .v = z } }, *it; struct list head = { &head, &head };
  for (int i = 0; i < 3; i++) { struct list *n = &items[i].link; n->next = head.next; n->prev = &head; head.next->prev = n; head.next = n; }
  u64t r = 0;
  each(it, &head, link) r = r * 7 + it->v + (it - items);
  char buf[8] = { 0 }, *c = buf; int *ip = (int *)(buf + 4), arr[5] = { 1, 2, 3, 4, 5 }, *e = &arr[5];
  *c++ = 1; *++c = 3; c[-1] += 5; 2[buf] ^= 9; *ip = 0x01020304;
  while (e-- > arr) r = r * 3 + *e;
  void *v = buf + 1; long d = (char *)ip - (char *)v; int (*row)[5] = &arr;
  r += d + (*row)[3] + sizeof *row + (c > buf) + (ip != 0) + !c + (unsigned char)buf[5];
  for (int i = 0; i < 8; i++) r = r * 5 + buf[i];
  int **pp = &ip; **pp += 3; r += *ip; r += *(&arr[1] + 2) + (&arr[4] - &arr[1]) + (u64t)((int *)0 + 3);
  return r;
}`,
  },
  {
    title: 'static locals, enums, strings, sizeof and _Generic',
    text: `
enum { A, B = 10, C, D = -2, E = 1u << 31, F = 0x100000000 };
static u64t counter(int reset) { static u64t n = 5; if (reset) n = 5; static int step[2] = { 1, 2 }; n += step[n & 1]; return n; }
static u64t other(u64t set) { static u64t n; n = set; return ++n; }
#define KIND(v) _Generic((v), int: 1, unsigned int: 2, long: 3, unsigned long: 4, char *: 5, default: 6)
u64t f(u64t x, u64t y, u64t z) {
  static int calls = 3; u64t r = calls; calls += 1; r += calls; calls -= 1;
  r += counter(1); r += counter(0) * 3; r += other(x);
  r += A + B * 2 + C * 3 + D * 4 + sizeof(E) + sizeof F + sizeof "abc" + "xyz"[x & 1] + sizeof(int[3]) + sizeof(x + 1);
  r = r * 31 + KIND(1) + KIND(1u) * 2 + KIND(1l) * 4 + KIND("s") * 8 + KIND((char)1) + KIND('a') * 16 + KIND((short)1 + 1);
  r = r * 31 + __builtin_types_compatible_p(typeof(x), unsigned long long) + __builtin_types_compatible_p(int, long) * 2;
  r = r * 31 + __builtin_choose_expr(sizeof(x) == 8, x, "no") + __builtin_constant_p(3 + 4) + __builtin_expect(!!(y), 0);
  r = r * 31 + '\\n' + '\\x41' + '\\0' + '\\\\' + 0b101 + 0777 + (int)-1 / 2 + -7 % 3 + (-7 >> 1) + (1 ? -1 : 0u);
  u32t o; r += __builtin_add_overflow((u32t)x, (u32t)y, &o) + o; u64t w; r += __builtin_sub_overflow(x, y, &w) + w;
  r += __builtin_popcountll(0xff0f) + __builtin_clz(0x10) + __builtin_ctzll(0x100) + __builtin_ffs(0);
  return r;
}`,
  },
  {
    title: 'address-taken locals, shadowing, comma and nested functions of values',
    text: `
static void swap(int *a, int *b) { int t = *a; *a = *b; *b = t; }
static int bump(int *p) { return ++*p; }
static int deep(int n) { int local = n, *p = &local; return n <= 0 ? 0 : *p + deep(n - 1); }
u64t f(u64t x, u64t y, u64t z) {
  int a = x, b = y, n = 0; swap(&a, &b);
  { int a = 5; b += a; { u64t b = 7; a += b; } b ^= a; }
  int i, j; for (i = 0, j = 10; i < j; i++, j--) n += i * j;
  u64t r = (bump(&n), bump(&n), n) + deep(6) + a * 3 + b;
  r += bump(&a) && bump(&b) || bump(&n); r = r * 3 + a + b + n;
  r += x > 5 ? bump(&a) : (bump(&b), 4); r = r * 3 + a + b;
  int v[3] = { 0 }; int k = 0; v[k++] = k; v[k] = k++ + 1; v[1] += 10;
  short s = x; s = -s; s >>= 1; unsigned char c = 250; c += 10; _Bool t = 0x100; t += 5; t--;
  return r * 31 + v[0] + v[1] * 2 + s + c + t + (c << 24) + (u64t)(c << 24) + ~c + (signed char)c;
}`,
  },
];
