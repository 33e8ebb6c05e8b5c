// hookswitch/base64_x86.hpp - Base64 of the plain alphabet 16 or 32 characters at a time, for processors that have
// SSSE3 or AVX2 (the algorithms are those of Wojciech Mula and Daniel Lemire, "Faster Base64 Encoding and Decoding
// using AVX2 Instructions", 2018). Part of base64.hpp, which chooses when the program runs and does what is left over
// by table. No header of intrinsics is included: it would cost every file that includes this one more than the rest
// together. [any]
#ifndef HKS_BASE64_X86_HPP
#define HKS_BASE64_X86_HPP
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__) && defined(__has_builtin)
#if __has_builtin(__builtin_shufflevector)
#define HKS_BASE64_X86 1
#endif
#endif

#ifdef HKS_BASE64_X86
namespace hks::base64_detail {

using V16 = int8_t __attribute__((vector_size(16)));
using V8h = int16_t __attribute__((vector_size(16)));
using V4w = int32_t __attribute__((vector_size(16)));
using C16 = char __attribute__((vector_size(16)));
using V32 = int8_t __attribute__((vector_size(32)));
using V16h = int16_t __attribute__((vector_size(32)));
using V8w = int32_t __attribute__((vector_size(32)));
using C32 = char __attribute__((vector_size(32)));

// What the tables say, twice: instructions of 32 bytes look each half up in a half of its own.
#define HKS_ONCE(...) __VA_ARGS__
#define HKS_TWICE(...) __VA_ARGS__, __VA_ARGS__
// The three bytes of a group, as b a c b, so that every 6 bits can be moved to a byte of their own.
#define HKS_SPREAD(n) n(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10)
// What is added to a value to make it its letter: by 0 for a-z, 1..10 for 0-9, 11 for +, 12 for /, 13 for A-Z.
#define HKS_TO_LETTER(n) n(71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0)
// A character is none of the alphabet when what its halves look up here has a bit in common.
#define HKS_LOW(n) n(0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x13, 0x1A, 0x1B, 0x1B, 0x1B, 0x1A)
#define HKS_HIGH(n) n(0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10)
// What is added to a character to make it its value, by its upper half; for / by one less than that.
#define HKS_TO_VALUE(n) n(0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0)
// Three bytes of every four, from the last to the first; what is behind them is 0.
#define HKS_GATHER(n) n(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1)

/// Encodes from the front as many groups of three as it likes, and says how many bytes that were. It reads nothing
/// behind `size`, and writes 4 characters for 3 bytes.
__attribute__((target("ssse3"))) inline size_t encodeSsse3(char* to, const unsigned char* from, size_t size) {
  size_t done = 0;
  for (; size - done >= 16; done += 12, to += 16) {
    V16 in;
    std::memcpy(&in, from + done, sizeof in);
    in = (V16)__builtin_ia32_pshufb128((C16)in, (C16)V16{HKS_SPREAD(HKS_ONCE)});
    const V8h upper = (V8h)((V4w)in & 0x0fc0fc00), lower = (V8h)((V4w)in & 0x003f03f0);
    const V8h high = __builtin_ia32_pmulhuw128(upper, (V8h)(V4w{} + 0x04000040));
    const V16 values = (V16)(high | lower * (V8h)(V4w{} + 0x01000010));
    const V16 kind = ((values - 51) & (V16)(values > 51)) | ((V16)(values < 26) & 13);
    const V16 out = values + (V16)__builtin_ia32_pshufb128((C16)V16{HKS_TO_LETTER(HKS_ONCE)}, (C16)kind);
    std::memcpy(to, &out, sizeof out);
  }
  return done;
}

/// Decodes from the front as many groups of four of the `size` characters as it likes, and says how many characters
/// that were; `bad`: there was one among them that is none of the alphabet, and what was written means nothing. It
/// writes nothing behind what all of the characters stand for.
__attribute__((target("ssse3"))) inline size_t decodeSsse3(char* to, const unsigned char* from, size_t size,
                                                           bool& bad) {
  size_t done = 0;
  V16 seen{};
  for (; size - done >= 24; done += 16, to += 12) {  // 24 characters have room for the 16 bytes that are written
    V16 in;
    std::memcpy(&in, from + done, sizeof in);
    const V16 upper = (V16)((V4w)in >> 4) & 0x2f, lower = in & 0x2f;
    seen |= (V16)__builtin_ia32_pshufb128((C16)V16{HKS_LOW(HKS_ONCE)}, (C16)lower) &
            (V16)__builtin_ia32_pshufb128((C16)V16{HKS_HIGH(HKS_ONCE)}, (C16)upper);
    const V16 by = upper + (V16)(in == 0x2f);
    const V16 values = in + (V16)__builtin_ia32_pshufb128((C16)V16{HKS_TO_VALUE(HKS_ONCE)}, (C16)by);
    const V8h pairs = __builtin_ia32_pmaddubsw128((C16)values, (C16)(V4w{} + 0x01400140));
    const V4w fours = __builtin_ia32_pmaddwd128(pairs, (V8h)(V4w{} + 0x00011000));
    const C16 out = __builtin_ia32_pshufb128((C16)fours, (C16)V16{HKS_GATHER(HKS_ONCE)});
    std::memcpy(to, &out, sizeof out);
  }
  bad = bad || __builtin_ia32_pmovmskb128((C16)(seen == 0)) != 0xffff;
  return done;
}

/// As encodeSsse3.
__attribute__((target("avx2"))) inline size_t encodeAvx2(char* to, const unsigned char* from, size_t size) {
  size_t done = 0;
  for (; size - done >= 28; done += 24, to += 32) {
    V16 first, second;
    std::memcpy(&first, from + done, sizeof first);
    std::memcpy(&second, from + done + 12, sizeof second);
    V32 in = __builtin_shufflevector(first, second, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18,
                                     19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31);
    in = (V32)__builtin_ia32_pshufb256((C32)in, (C32)V32{HKS_SPREAD(HKS_TWICE)});
    const V16h upper = (V16h)((V8w)in & 0x0fc0fc00), lower = (V16h)((V8w)in & 0x003f03f0);
    const V16h high = __builtin_ia32_pmulhuw256(upper, (V16h)(V8w{} + 0x04000040));
    const V32 values = (V32)(high | lower * (V16h)(V8w{} + 0x01000010));
    const V32 kind = ((values - 51) & (V32)(values > 51)) | ((V32)(values < 26) & 13);
    const V32 out = values + (V32)__builtin_ia32_pshufb256((C32)V32{HKS_TO_LETTER(HKS_TWICE)}, (C32)kind);
    std::memcpy(to, &out, sizeof out);
  }
  return done + encodeSsse3(to, from + done, size - done);
}

/// 32 characters to 24 bytes, which are the first of those returned. `seen`: gets a bit for each that is none of the
/// alphabet.
__attribute__((target("avx2"), always_inline)) inline V8w decode32(const unsigned char* from, V32& seen) {
  V32 in;
  std::memcpy(&in, from, sizeof in);
  const V32 upper = (V32)((V8w)in >> 4) & 0x2f, lower = in & 0x2f;
  seen |= (V32)__builtin_ia32_pshufb256((C32)V32{HKS_LOW(HKS_TWICE)}, (C32)lower) &
          (V32)__builtin_ia32_pshufb256((C32)V32{HKS_HIGH(HKS_TWICE)}, (C32)upper);
  const V32 by = upper + (V32)(in == 0x2f);
  const V32 values = in + (V32)__builtin_ia32_pshufb256((C32)V32{HKS_TO_VALUE(HKS_TWICE)}, (C32)by);
  const V16h pairs = __builtin_ia32_pmaddubsw256((C32)values, (C32)(V8w{} + 0x01400140));
  const V8w fours = __builtin_ia32_pmaddwd256(pairs, (V16h)(V8w{} + 0x00011000));
  const V8w halves = (V8w)__builtin_ia32_pshufb256((C32)fours, (C32)V32{HKS_GATHER(HKS_TWICE)});
  return __builtin_shufflevector(halves, halves, 0, 1, 2, 4, 5, 6, 3, 7);
}

/// As decodeSsse3, of a `size` that is a multiple of 4; from 32 characters on it decodes all of them.
__attribute__((target("avx2"))) inline size_t decodeAvx2(char* to, const unsigned char* from, size_t size, bool& bad) {
  if (size < 32) return decodeSsse3(to, from, size, bad);
  size_t done = 0;
  V32 seen{};
  for (; size - done >= 44; done += 32) {  // 44 characters have room for the 32 bytes that are written
    const V8w out = decode32(from + done, seen);
    std::memcpy(to + done / 4 * 3, &out, sizeof out);
  }
  // What is left, and as much before it as makes 32: the same bytes are written there again.
  for (; done < size; done = size - done <= 32 ? size : done + 32) {
    const size_t at = size - done <= 32 ? size - 32 : done;
    const V8w out = decode32(from + at, seen);
    std::memcpy(to + at / 4 * 3, &out, 24);
  }
  bad = bad || __builtin_ia32_pmovmskb256((C32)(seen == 0)) != -1;
  return size;
}

#undef HKS_ONCE
#undef HKS_TWICE
#undef HKS_SPREAD
#undef HKS_TO_LETTER
#undef HKS_LOW
#undef HKS_HIGH
#undef HKS_TO_VALUE
#undef HKS_GATHER

}  // namespace hks::base64_detail
#endif
#endif
