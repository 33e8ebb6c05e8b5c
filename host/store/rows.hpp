// How values become columns and back, for Poco::Data. Private to this folder. [store]
#pragma once

#include <Poco/Data/AbstractBinder.h>
#include <Poco/Data/AbstractExtractor.h>
#include <Poco/Data/AbstractPreparator.h>
#include <Poco/Data/LOB.h>
#include <Poco/Data/TypeHandler.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "host/store/types.hpp"

namespace hookswitch::store {

/// What a prepared statement binds: it looks through the pointer when it runs.
struct CallFacts {
  const SaveCall* save = nullptr;
};
struct CallTexts {
  const SaveCall* save = nullptr;
};
struct LineRow {
  const SaveLine* save = nullptr;
};
struct LineKey {
  const SaveLine* save = nullptr;
};
struct HookRow {
  const Hook* hook = nullptr;
};
struct KeyRow {
  const SaveKey* save = nullptr;
};
struct CallLeg {
  const SaveCall* save = nullptr;
};
struct LoneLeg {
  const SaveLeg* save = nullptr;
};

/// A line as it is read: with its call.
struct OwnedLine {
  std::string call;
  call::Line line;
};

/// The column leg_over: bit 0 whether the leg is over, the others what speaks for it.
inline std::uint64_t legBits(bool over, const call::LegWitness& witness) {
  return std::uint64_t(over) | std::uint64_t(witness.stream_stopped) << 1 | std::uint64_t(witness.unknown_there) << 2;
}
inline void readLegBits(std::uint64_t bits, bool& over, call::LegWitness& witness) {
  over = bits & 1;
  witness.stream_stopped = bits & 2;
  witness.unknown_there = bits & 4;
}

/// Puts a value's members into consecutive columns.
class Bind {
 public:
  Bind(std::size_t pos, const Poco::Data::AbstractBinder::Ptr& binder, Poco::Data::AbstractBinder::Direction direction)
      : pos_(pos), binder_(binder), direction_(direction) {}
  Bind& operator<<(const std::string& text) {
    Poco::Data::TypeHandler<std::string>::bind(pos_++, text, binder_, direction_);
    return *this;
  }
  Bind& operator<<(std::uint64_t value) {
    Poco::Data::TypeHandler<Poco::Int64>::bind(pos_++, Poco::Int64(value), binder_, direction_);
    return *this;
  }

 private:
  std::size_t pos_;
  Poco::Data::AbstractBinder::Ptr binder_;
  Poco::Data::AbstractBinder::Direction direction_;
};

/// Takes them out again, in the same order.
class Take {
 public:
  Take(std::size_t pos, const Poco::Data::AbstractExtractor::Ptr& extractor) : pos_(pos), extractor_(extractor) {}
  Take& operator>>(std::string& text) {
    // As bytes: what Poco takes as a string ends at the first NUL, which a prompt or an utterance may contain.
    Poco::Data::BLOB bytes;
    if (extractor_->extract(pos_++, bytes))
      text.assign(reinterpret_cast<const char*>(bytes.rawContent()), bytes.size());
    else
      text.clear();
    return *this;
  }
  template <class Integer>
  Take& operator>>(Integer& value) {
    Poco::Int64 wide = 0;
    Poco::Data::TypeHandler<Poco::Int64>::extract(pos_++, wide, Poco::Int64(0), extractor_);
    value = Integer(wide);
    return *this;
  }
  /// An enumeration with values 1..last. Anything else, which only another hand can have written, reads as `other`.
  template <class Enum>
  Take& word(Enum& value, Enum last, Enum other) {
    Poco::Int64 wide = 0;
    *this >> wide;
    value = wide >= 1 && wide <= Poco::Int64(last) ? Enum(wide) : other;
    return *this;
  }

 private:
  std::size_t pos_;
  Poco::Data::AbstractExtractor::Ptr extractor_;
};

}  // namespace hookswitch::store

namespace Poco::Data {

template <>
class TypeHandler<hookswitch::store::CallFacts> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 23; }
  static void bind(std::size_t pos, const hookswitch::store::CallFacts& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& r = row.save->record;
    const auto& t = *r.terms;
    hookswitch::store::Bind(pos, binder, direction)
        << t.id << r.remote_id << t.carrier << t.voice << t.to_number << t.from_number << t.base_url
        << std::uint64_t(t.direction) << t.max_duration_s << t.ring_timeout_s << std::uint64_t(r.status)
        << r.started_unix_ms << r.answered_unix_ms << r.ended_unix_ms << std::uint64_t(r.outcome)
        << std::uint64_t(r.ended_by) << r.reason << std::uint64_t(r.transcript_cut) << r.last_line
        << hookswitch::store::legBits(row.save->leg_over, row.save->witness) << std::uint64_t(row.save->released)
        << r.started_ms << r.boot;
  }
};

template <>
class TypeHandler<hookswitch::store::CallTexts> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 4; }
  static void bind(std::size_t pos, const hookswitch::store::CallTexts& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& t = *row.save->record.terms;
    hookswitch::store::Bind(pos, binder, direction) << t.id << t.prompt << t.greeting << t.metadata_json;
  }
};

template <>
class TypeHandler<hookswitch::store::LineRow> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 7; }
  static void bind(std::size_t pos, const hookswitch::store::LineRow& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& l = row.save->line;
    hookswitch::store::Bind(pos, binder, direction) << row.save->call << l.number << std::uint64_t(l.speaker)
                                                    << l.at_unix_ms << l.item << l.text << std::uint64_t(l.cut);
  }
};

template <>
class TypeHandler<hookswitch::store::LineKey> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 2; }
  static void bind(std::size_t pos, const hookswitch::store::LineKey& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    hookswitch::store::Bind(pos, binder, direction) << row.save->call << row.save->line.number;
  }
};

template <>
class TypeHandler<hookswitch::store::HookRow> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 12; }
  static void bind(std::size_t pos, const hookswitch::store::HookRow& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& h = *row.hook;
    hookswitch::store::Bind(pos, binder, direction)
        << h.call << std::uint64_t(h.phase) << h.plugin << std::uint64_t(h.state) << h.attempts << h.deadline_ms
        << h.first_unix_ms << h.next_unix_ms << h.ms << h.error << h.memo << std::uint64_t(h.apart);
  }
};

template <>
class TypeHandler<hookswitch::store::KeyRow> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 6; }
  static void bind(std::size_t pos, const hookswitch::store::KeyRow& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& k = *row.save;
    hookswitch::store::Bind(pos, binder, direction)
        << k.key << k.body_digest << k.call << k.created_unix_ms << std::uint64_t(k.status) << k.body;
  }
};

/// carrier, remote_id, call, seen
template <>
class TypeHandler<hookswitch::store::CallLeg> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 4; }
  static void bind(std::size_t pos, const hookswitch::store::CallLeg& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    const auto& r = row.save->record;
    hookswitch::store::Bind(pos, binder, direction)
        << r.terms->carrier << r.remote_id << r.terms->id
        << (r.ended_unix_ms > r.started_unix_ms ? r.ended_unix_ms : r.started_unix_ms);
  }
};

template <>
class TypeHandler<hookswitch::store::LoneLeg> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 4; }
  static void bind(std::size_t pos, const hookswitch::store::LoneLeg& row, AbstractBinder::Ptr binder,
                   AbstractBinder::Direction direction) {
    static const std::string none;
    hookswitch::store::Bind(pos, binder, direction)
        << row.save->carrier << row.save->remote_id << none << row.save->seen_unix_ms;
  }
};

template <>
class TypeHandler<hookswitch::store::StoredCall> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 26; }  // the facts, then prompt, greeting, metadata
  static void extract(std::size_t pos, hookswitch::store::StoredCall& out, const hookswitch::store::StoredCall&,
                      AbstractExtractor::Ptr extractor) {
    using namespace hookswitch::call;
    auto terms = std::make_shared<Terms>();
    auto& r = out.record;
    std::uint64_t leg = 0;
    hookswitch::store::Take take(pos, extractor);
    take >> terms->id >> r.remote_id >> terms->carrier >> terms->voice >> terms->to_number >> terms->from_number >>
        terms->base_url;
    take.word(terms->direction, Direction::incoming, Direction::outbound);
    take >> terms->max_duration_s >> terms->ring_timeout_s;
    take.word(r.status, Status::ended, Status::ended);
    take >> r.started_unix_ms >> r.answered_unix_ms >> r.ended_unix_ms;
    take.word(r.outcome, Outcome::canceled, Outcome::failed).word(r.ended_by, EndedBy::recovery, EndedBy::fault);
    take >> r.reason >> r.transcript_cut >> r.last_line >> leg >> out.released;
    hookswitch::store::readLegBits(leg, out.leg_over, out.witness);
    take >> r.started_ms >> r.boot >> terms->prompt >> terms->greeting >> terms->metadata_json;
    r.terms = std::move(terms);
  }
  static void prepare(std::size_t, const hookswitch::store::StoredCall&, AbstractPreparator::Ptr) {}
};

template <>
class TypeHandler<hookswitch::store::OwnedLine> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 7; }
  static void extract(std::size_t pos, hookswitch::store::OwnedLine& out, const hookswitch::store::OwnedLine&,
                      AbstractExtractor::Ptr extractor) {
    hookswitch::store::Take(pos, extractor) >> out.call >> out.line.number >> out.line.speaker >> out.line.at_unix_ms >>
        out.line.item >> out.line.text >> out.line.cut;
  }
  static void prepare(std::size_t, const hookswitch::store::OwnedLine&, AbstractPreparator::Ptr) {}
};

template <>
class TypeHandler<hookswitch::store::Hook> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 12; }
  static void extract(std::size_t pos, hookswitch::store::Hook& out, const hookswitch::store::Hook&,
                      AbstractExtractor::Ptr extractor) {
    using namespace hookswitch::call;
    hookswitch::store::Take take(pos, extractor);
    take >> out.call;
    take.word(out.phase, Phase::settle, Phase::notify) >> out.plugin;
    take.word(out.state, HookRow::State::discarded, HookRow::State::failed);
    take >> out.attempts >> out.deadline_ms >> out.first_unix_ms >> out.next_unix_ms >> out.ms >> out.error >>
        out.memo >> out.apart;
  }
  static void prepare(std::size_t, const hookswitch::store::Hook&, AbstractPreparator::Ptr) {}
};

template <>
class TypeHandler<hookswitch::store::SaveKey> : public AbstractTypeHandler {
 public:
  static std::size_t size() { return 6; }
  static void extract(std::size_t pos, hookswitch::store::SaveKey& out, const hookswitch::store::SaveKey&,
                      AbstractExtractor::Ptr extractor) {
    hookswitch::store::Take(pos, extractor) >> out.key >> out.body_digest >> out.call >> out.created_unix_ms >>
        out.status >> out.body;
  }
  static void prepare(std::size_t, const hookswitch::store::SaveKey&, AbstractPreparator::Ptr) {}
};

}  // namespace Poco::Data
