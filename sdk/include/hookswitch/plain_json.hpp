// hookswitch/plain_json.hpp - a fast path for the few messages that come 50 times a second. It knows JSON of the
// plainest kind only: objects and arrays, strings of printable ASCII without escapes, whole numbers without a sign,
// white space between. Whatever else there is, valid or not, is not recognised, and the message goes to a real parser:
// this one never says more of a message than that it may be used as it was read.
#ifndef HKS_PLAIN_JSON_HPP
#define HKS_PLAIN_JSON_HPP
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace hks::json {

/// Reads a message from front to back. Every function is false when what comes next is something else, and then the
/// whole message is not recognised. Views point into the message. [any]
///   hks::json::Plain in(message);
///   std::string_view name;
///   uint64_t size = 0;
///   const bool known = in.object([&](std::string_view key) {
///     return key == "name" ? in.text(name) : key == "size" ? in.number(size) : in.skip();
///   }) && in.end();
class Plain {
 public:
  explicit Plain(std::string_view message) : at_(message.data()), end_(message.data() + message.size()) {}

  /// `member(key)` reads the value of each.
  template <class Member>
  bool object(Member&& member) {
    if (!take('{')) return false;
    if (take('}')) return true;
    do {
      std::string_view key;
      if (!text(key) || !take(':') || !member(key)) return false;
    } while (take(','));
    return take('}');
  }
  /// `element()` reads each.
  template <class Element>
  bool array(Element&& element) {
    if (!take('[')) return false;
    if (take(']')) return true;
    do
      if (!element()) return false;
    while (take(','));
    return take(']');
  }
  bool text(std::string_view& to) {
    if (!take('"')) return false;
    const char* const begin = at_;
    skipPlain();
    if (at_ == end_ || *at_ != '"') return false;
    to = std::string_view(begin, std::size_t(at_++ - begin));
    return true;
  }
  /// Up to the next quotation mark, whatever is in it: for what the caller checks to the last character, as who reads
  /// Base64 does.
  bool unchecked(std::string_view& to) {
    if (!take('"') || at_ == end_) return false;
    const auto* close = static_cast<const char*>(std::memchr(at_, '"', std::size_t(end_ - at_)));
    if (!close) return false;
    to = std::string_view(at_, std::size_t(close - at_));
    at_ = close + 1;
    return true;
  }
  /// Of at most 15 digits.
  bool number(uint64_t& to) {
    space();
    const char* const begin = at_;
    uint64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - begin == 15) return false;
      value = value * 10 + uint64_t(*at_ - '0');
    }
    if (at_ == begin || (*begin == '0' && at_ - begin > 1)) return false;
    // A fraction or an exponent goes on; what may follow is asked for by whoever reads on.
    to = value;
    return true;
  }
  /// A string of 1 to 15 digits.
  bool digits(uint64_t& to) {
    if (!take('"')) return false;
    const char* const begin = at_;
    uint64_t value = 0;
    for (; at_ != end_ && *at_ >= '0' && *at_ <= '9'; ++at_) {
      if (at_ - begin == 15) return false;
      value = value * 10 + uint64_t(*at_ - '0');
    }
    if (at_ == begin || at_ == end_ || *at_ != '"') return false;
    ++at_;
    to = value;
    return true;
  }
  /// A string or a number that nobody is interested in.
  bool skip() {
    space();
    std::string_view ignored_text;
    uint64_t ignored_number;
    return at_ != end_ && *at_ == '"' ? text(ignored_text) : number(ignored_number);
  }
  /// Exactly these characters: what a service writes the same every time.
  template <std::size_t N>
  bool literally(const char (&these)[N]) {
    constexpr std::size_t size = N - 1;  // known to the compiler, which then needs no call
    if (std::size_t(end_ - at_) < size || std::memcmp(at_, these, size) != 0) return false;
    at_ += size;
    return true;
  }
  /// Nothing but white space is left.
  bool end() {
    space();
    return at_ == end_;
  }

 private:
  void space() {
    while (at_ != end_ && *at_ <= ' ' && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) ++at_;
  }
  bool take(char c) {
    if (at_ == end_ || *at_ != c) {  // services that write white space are few
      space();
      if (at_ == end_ || *at_ != c) return false;
    }
    ++at_;
    return true;
  }
  static bool plain(char c) { return c >= 0x20 && c <= 0x7e && c != '"' && c != '\\'; }
  void skipPlain() {
#if defined(__SSE2__) && defined(__GNUC__)
    using Bytes = signed char __attribute__((vector_size(16)));
    using Chars = char __attribute__((vector_size(16)));
    for (; end_ - at_ >= 16; at_ += 16) {
      Bytes in;
      std::memcpy(&in, at_, sizeof in);
      // What is above 0x7f is negative, and so below a space.
      const int other = __builtin_ia32_pmovmskb128((Chars)((in < 0x20) | (in == 0x7f) | (in == '"') | (in == '\\')));
      if (!other) continue;
      at_ += __builtin_ctz(unsigned(other));
      return;
    }
#endif
    while (at_ != end_ && plain(*at_)) ++at_;
  }

  const char* at_;
  const char* end_;
};

}  // namespace hks::json
#endif
