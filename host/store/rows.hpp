// How Poco::Data reads the rows of a table. Private to this folder. [store]
#pragma once

#include <Poco/Data/AbstractPreparator.h>

#include <memory>
#include <utility>

#include "host/store/tables.hpp"

namespace hookswitch::store {

/// Rows whose fields are those of one table.
template <class Row, const Table<Row>& (*table)()>
struct ReadRow : Poco::Data::AbstractTypeHandler {
  static std::size_t size() { return table().size(); }
  static void extract(std::size_t pos, Row& out, const Row&, const Take::Extractor::Ptr& extractor) {
    Take take(pos, extractor);
    table().take(take, out);
  }
  static void prepare(std::size_t, const Row&, Poco::Data::AbstractPreparator::Ptr) {}
};

/// Calls with their long texts: calls().list("c"), texts().listOrInitial("t").
struct ReadCallRow : Poco::Data::AbstractTypeHandler {
  static std::size_t size() { return calls().size() + texts().size() - 1; }
  static void extract(std::size_t pos, StoredCall& out, const StoredCall&, const Take::Extractor::Ptr& extractor) {
    auto terms = std::make_shared<call::Terms>();
    ReadCall parts{out, *terms};
    Take take(pos, extractor);
    calls().take(take, parts);
    texts().takeWithoutKeys(take, parts);
    out.record.terms = std::move(terms);
  }
  static void prepare(std::size_t, const StoredCall&, Poco::Data::AbstractPreparator::Ptr) {}
};

}  // namespace hookswitch::store

namespace Poco::Data {

template <>
class TypeHandler<hookswitch::store::StoredCall> : public hookswitch::store::ReadCallRow {};
template <>
class TypeHandler<hookswitch::store::SaveLine>
    : public hookswitch::store::ReadRow<hookswitch::store::SaveLine, hookswitch::store::lines> {};
template <>
class TypeHandler<hookswitch::store::Hook>
    : public hookswitch::store::ReadRow<hookswitch::store::Hook, hookswitch::store::hooks> {};
template <>
class TypeHandler<hookswitch::store::SaveKey>
    : public hookswitch::store::ReadRow<hookswitch::store::SaveKey, hookswitch::store::keys> {};

}  // namespace Poco::Data
