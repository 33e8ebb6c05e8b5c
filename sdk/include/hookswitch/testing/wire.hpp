// hookswitch/testing/wire.hpp - hks::testing::Message to and from the records of abi.h, and as readable text.
#ifndef HKS_TESTING_WIRE_HPP
#define HKS_TESTING_WIRE_HPP
#include <hookswitch/testing/message.hpp>

#include <memory>
#include <ostream>
#include <sstream>
#include <string_view>

namespace hks::testing {

/// Copies a record (and what it points to) into a value. Never reads beyond the sizes the record states.
class Capture {
 public:
  /// `malformed` becomes true for what a host refuses: a size without data, more than 32 MiB or 100 headers in all. The
  /// rest is then not read.
  static Message of(const hks_msg* in, bool* malformed = nullptr) {
    Capture capture;
    capture.malformed_ = malformed;
    Message m;
    m.type = in->type, m.id = in->id, m.size = in->size;
    withRecord(in->type, [&](auto as) {
      typename decltype(as)::Record r{};
      std::memcpy(&r, in, in->size < sizeof r ? in->size : sizeof r);
      fields(r, m, capture);
    });
    return m;
  }
  void operator()(const char*, const hks_str& r, std::string& v) const {
    if (!r.size || !fits(r.size, left_) || !present(r.data)) return;
    v.assign(r.data, r.size);
  }
  void operator()(const char*, uint32_t r, uint32_t& v) const { v = r; }
  void operator()(const char*, uint64_t r, uint64_t& v) const { v = r; }
  void operator()(const char*, const hks_pair* r, uint64_t n, Pairs& v) const {
    uint64_t most = 100;
    if (!fits(n, most)) return;
    for (uint64_t i = 0; i < n && present(r); ++i) {
      std::pair<std::string, std::string> pair;
      (*this)("", r[i].name, pair.first), (*this)("", r[i].value, pair.second);
      v.push_back(std::move(pair));
    }
  }
  void operator()(const char*, const hks_call* r, Call& v) const {
    if (r) read(r, v);
  }
  void operator()(const char*, const hks_call* r, std::optional<Call>& v) const {
    if (r) read(r, v.emplace());
  }
  void operator()(const char*, const hks_record* r, std::optional<Record>& v) const {
    if (r) read(r, v.emplace());
  }
  template <class R, class V>
  void operator()(const char*, const R* r, uint64_t n, uint32_t stride, std::vector<V>& v) const {
    for (uint64_t i = 0; i < n && present(r); ++i) {
      read(reinterpret_cast<const R*>(reinterpret_cast<const char*>(r) + i * stride), v.emplace_back());
    }
  }

 private:
  template <class R, class V>
  void read(const R* r, V& v) const {
    R copy{};
    uint32_t size;
    std::memcpy(&size, r, sizeof size);
    std::memcpy(&copy, r, size < sizeof copy ? size : sizeof copy);
    fields(copy, v, *this);
  }
  bool present(const void* data) const {
    if (!data && malformed_) *malformed_ = true;
    return data != nullptr;
  }
  /// Takes `size` off what is left; without `malformed_` everything fits (what a host sends is not ours to limit).
  bool fits(uint64_t size, uint64_t& left) const {
    if (!malformed_ || *malformed_) return !malformed_;
    if (size > left) return *malformed_ = true, false;
    left -= size;
    return true;
  }
  bool* malformed_ = nullptr;
  mutable uint64_t left_ = 32u << 20;
};

/// A message as a host passes it: every record and string in its own heap block of exactly its size, overwritten and
/// freed when the Wire goes, so that a plugin that keeps a borrowed pointer or counts on a terminating NUL is found.
class Wire {
 public:
  /// `growth`: bytes appended to every record and array element, as a newer host would have them.
  explicit Wire(const Message& message, uint32_t growth = 0) : growth_((growth + 7) / 8 * 8) {
    Message m = message;
    withRecord(m.type, [&](auto as) {
      typename decltype(as)::Record r{};
      fields(r, m, Writer{this});
      const uint32_t whole = uint32_t(sizeof r) + growth_;
      uint32_t size = m.size ? m.size : whole;
      if (size < sizeof(hks_msg)) size = sizeof(hks_msg);
      stamp(r, size, m.type, m.id);
      msg_ = reinterpret_cast<const hks_msg*>(place(&r, sizeof r, size));
    });
  }
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;
  const hks_msg* get() const { return msg_; }

 private:
  struct Block {
    explicit Block(size_t n) : bytes(new char[n]), size(n) {}
    Block(Block&& o) noexcept : bytes(o.bytes), size(o.size) { o.bytes = nullptr; }
    ~Block() {
      volatile char* p = bytes;  // volatile: the overwriting must not be optimised away
      for (size_t i = 0; p && i < size; ++i) p[i] = char(0xDD);
      delete[] bytes;
    }
    char* bytes;
    size_t size;
  };
  struct Writer {
    Wire* wire;
    void operator()(const char*, hks_str& r, std::string& v) const { r = wire->string(v); }
    void operator()(const char*, uint32_t& r, uint32_t& v) const { r = v; }
    void operator()(const char*, uint64_t& r, uint64_t& v) const { r = v; }
    void operator()(const char*, const hks_pair*& r, uint64_t& n, Pairs& v) const {
      std::vector<hks_pair> pairs;
      for (auto& [name, value] : v) pairs.push_back({wire->string(name), wire->string(value)});
      n = pairs.size();
      if (n)
        r = reinterpret_cast<const hks_pair*>(wire->place(pairs.data(), n * sizeof(hks_pair), n * sizeof(hks_pair)));
    }
    void operator()(const char*, const hks_call*& r, Call& v) const { r = wire->write<hks_call>(v); }
    void operator()(const char*, const hks_call*& r, std::optional<Call>& v) const {
      if (v) r = wire->write<hks_call>(*v);
    }
    void operator()(const char*, const hks_record*& r, std::optional<Record>& v) const {
      if (v) r = wire->write<hks_record>(*v);
    }
    template <class R, class V>
    void operator()(const char*, const R*& r, uint64_t& n, uint32_t& stride, std::vector<V>& v) const {
      stride = uint32_t(sizeof(R)) + wire->growth_;
      n = v.size();
      if (!n) return;
      std::vector<R> records(n);
      for (size_t i = 0; i < n; ++i) {
        fields(records[i], v[i], *this);
        wire->stamp(records[i], stride, HKS_TOOL, 0);
      }
      char* block = wire->place(nullptr, 0, n * stride);
      for (size_t i = 0; i < n; ++i) std::memcpy(block + i * stride, &records[i], sizeof(R));
      r = reinterpret_cast<const R*>(block);
    }
  };
  static void stamp(hks_msg& m, uint32_t size, uint32_t type, uint64_t id) { m.size = size, m.type = type, m.id = id; }
  template <class R>
  static auto stamp(R& r, uint32_t size, uint32_t type, uint64_t id) -> decltype(void(r.msg)) {
    stamp(r.msg, size, type, id);
  }
  template <class R>
  static auto stamp(R& r, uint32_t size, uint32_t, uint64_t) -> decltype(void(r.size)) {
    r.size = size;
  }

  template <class R, class V>
  const R* write(V& v) {
    R r{};
    fields(r, v, Writer{this});
    stamp(r, uint32_t(sizeof r) + growth_, 0, 0);
    return reinterpret_cast<const R*>(place(&r, sizeof r, sizeof r + growth_));
  }
  hks_str string(const std::string& s) {
    if (s.empty()) return {nullptr, 0};
    return {place(s.data(), s.size(), s.size()), s.size()};
  }
  /// A block of `size` bytes that begins with up to `n` bytes of `from`; the rest is what an unknown tail looks like.
  char* place(const void* from, size_t n, size_t size) {
    blocks_.emplace_back(size);
    char* block = blocks_.back().bytes;
    std::memset(block, 0x5A, size);
    if (from) std::memcpy(block, from, n < size ? n : size);
    return block;
  }
  const uint32_t growth_;
  std::vector<Block> blocks_;
  const hks_msg* msg_ = nullptr;
};

namespace detail {
inline void quoteTo(std::ostream& out, std::string_view s, size_t most = 400) {
  static constexpr char hex[] = "0123456789abcdef";
  out << '"';
  for (unsigned char c : s.substr(0, most)) {
    if (c == '"' || c == '\\')
      out << '\\' << c;
    else if (c == '\n')
      out << "\\n";
    else if (c < 0x20 || c >= 0x7f)
      out << "\\x" << hex[c >> 4] << hex[c & 15];
    else
      out << c;
  }
  out << '"';
  if (s.size() > most) out << "... (" << s.size() << " bytes)";
}

/// Prints the fields that are set, as name=value.
struct Printer {
  std::ostream& out;
  template <class R>
  void operator()(const char* name, const R&, const std::string& v) const {
    if (!v.empty()) quoteTo(out << ' ' << name << '=', v);
  }
  template <class R>
  void operator()(const Field& field, const R&, uint32_t v) const {
    number(field, v);
  }
  template <class R>
  void operator()(const Field& field, const R&, uint64_t v) const {
    number(field, v);
  }
  void operator()(const char* name, const hks_pair*, uint64_t, const Pairs& v) const {
    if (v.empty()) return;
    out << ' ' << name << "={";
    for (size_t i = 0; i < v.size(); ++i) {
      out << (i ? ", " : "") << v[i].first << ": ";
      quoteTo(out, v[i].second);
    }
    out << '}';
  }
  void operator()(const char* name, const hks_call*, Call& v) const { nested<hks_call>(name, v); }
  void operator()(const char* name, const hks_call*, std::optional<Call>& v) const {
    if (v) nested<hks_call>(name, *v);
  }
  void operator()(const char* name, const hks_record*, std::optional<Record>& v) const {
    if (v) nested<hks_record>(name, *v);
  }
  template <class R, class V>
  void operator()(const char* name, const R*, uint64_t, uint32_t, std::vector<V>& v) const {
    for (auto& each : v) nested<R>(name, each);
  }

 private:
  void number(const Field& field, uint64_t v) const {
    if (!v) return;
    const char* word = field.words.nameOf(v);
    out << ' ' << field.name << '=';
    if (word)
      out << word;
    else
      out << v;
  }
  template <class R, class V>
  void nested(const char* name, V& v) const {
    R r{};
    out << ' ' << name << "={";
    fields(r, v, *this);
    out << " }";
  }
};
}  // namespace detail

/// `HTTP_CALL #4294967297 method="POST" url="https://..." body="{}"`: what is set, in the words of abi.h.
inline std::ostream& operator<<(std::ostream& out, const Message& message) {
  Message m = message;
  out << messageName(m.type);
  if (m.id) out << " #" << m.id;
  withRecord(m.type, [&](auto as) {
    typename decltype(as)::Record r{};
    fields(r, m, detail::Printer{out});
  });
  return out;
}
inline std::string print(const Message& m) {
  std::ostringstream out;
  out << m;
  return out.str();
}

}  // namespace hks::testing
#endif
