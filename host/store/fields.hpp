// A field of what is stored is one entry: its column, and how a value gets into it and out again. Private to this
// folder. [store]
#pragma once

#include <Poco/Data/AbstractExtractor.h>
#include <Poco/Data/LOB.h>
#include <Poco/Data/TypeHandler.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "host/store/columns.hpp"

namespace hookswitch::store {

/// Puts values into the parameters of a prepared statement, one after the other. Texts are looked at when it runs.
class Bind {
 public:
  explicit Bind(sqlite3_stmt* statement) : statement_(statement) {}
  void put(const std::string& text) {
    sqlite3_bind_text64(statement_, ++pos_, text.data(), text.size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  void put(std::uint64_t value) { sqlite3_bind_int64(statement_, ++pos_, sqlite3_int64(value)); }

 private:
  sqlite3_stmt* statement_;
  int pos_ = 0;
};

/// Takes them out again, in the same order.
class Take {
 public:
  using Extractor = Poco::Data::AbstractExtractor;
  Take(std::size_t pos, const Extractor::Ptr& extractor) : pos_(pos), extractor_(extractor) {}
  /// As bytes: what Poco takes as a string ends at the first NUL, which a prompt or an utterance may contain.
  void text(std::string& out) {
    Poco::Data::BLOB bytes;
    if (extractor_->extract(pos_++, bytes))
      out.assign(reinterpret_cast<const char*>(bytes.rawContent()), bytes.size());
    else
      out.clear();
  }
  std::int64_t number() {
    Poco::Int64 value = 0;
    Poco::Data::TypeHandler<Poco::Int64>::extract(pos_++, value, Poco::Int64(0), extractor_);
    return value;
  }

 private:
  std::size_t pos_;
  Extractor::Ptr extractor_;
};

/// Of rows that are bound as `In` and read into `Out`.
template <class In, class Out = In>
struct Field {
  Column column;
  std::function<void(Bind&, const In&)> put;
  std::function<void(Take&, Out&)> take;

  /// `member`: a pointer to a member, or what returns a reference to a part of an In or an Out. Texts, numbers, bools.
  template <class Member>
  static Field of(const char* name, Member member) {
    using Value = std::decay_t<std::invoke_result_t<Member, Out&>>;
    Field field;
    if constexpr (std::is_same_v<Value, std::string>) {
      field.column = {name, "TEXT", "''"};
      field.put = [member](Bind& bind, const In& row) { bind.put(std::invoke(member, row)); };
      field.take = [member](Take& take, Out& row) { take.text(std::invoke(member, row)); };
    } else {
      field.column = {name, "INTEGER", "0"};
      field.put = [member](Bind& bind, const In& row) { bind.put(std::uint64_t(std::invoke(member, row))); };
      field.take = [member](Take& take, Out& row) { std::invoke(member, row) = Value(take.number()); };
    }
    return field;
  }
  /// An enumeration with values 1..last. Anything else, which only another hand can have written, reads as `other`.
  template <class Member, class Enum>
  static Field word(const char* name, Member member, Enum last, Enum other) {
    Field field = of(name, member);
    field.take = [member, last, other](Take& take, Out& row) {
      const std::int64_t value = take.number();
      std::invoke(member, row) = value >= 1 && value <= std::int64_t(last) ? Enum(value) : other;
    };
    return field;
  }

  // What else a column is, one after the other.
  Field key() && { return column.role = Column::Role::key, std::move(*this); }
  Field fixed() && { return column.role = Column::Role::fixed, std::move(*this); }
  Field since(int version) && { return column.since = version, std::move(*this); }
  Field initially(const char* sql) && { return column.initial = sql, std::move(*this); }
};

template <class In, class Out = In>
class Table {
 public:
  using Entry = Field<In, Out>;

  Table(const char* name, Columns::Kind kind, int since, std::vector<Entry> fields)
      : fields_(std::move(fields)), columns_(name, kind, since, columnsOf(fields_)) {}

  const Columns& columns() const { return columns_; }
  std::size_t size() const { return fields_.size(); }
  void put(Bind& bind, const In& row) const {
    for (const auto& field : fields_) field.put(bind, row);
  }
  void putKeys(Bind& bind, const In& row) const {
    for (const auto& field : fields_)
      if (field.column.role == Column::Role::key) field.put(bind, row);
  }
  void take(Take& take, Out& row) const {
    for (const auto& field : fields_) field.take(take, row);
  }
  /// As Columns::listOrInitial() has them.
  void takeWithoutKeys(Take& take, Out& row) const {
    for (const auto& field : fields_)
      if (field.column.role != Column::Role::key) field.take(take, row);
  }

 private:
  static std::vector<Column> columnsOf(const std::vector<Entry>& fields) {
    std::vector<Column> out;
    for (const auto& field : fields) out.push_back(field.column);
    return out;
  }
  std::vector<Entry> fields_;
  Columns columns_;
};

}  // namespace hookswitch::store
