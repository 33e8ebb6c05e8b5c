#include "host/store/columns.hpp"

#include <algorithm>

namespace hookswitch::store {
namespace {

void append(std::string& list, const std::string& item) { list += (list.empty() ? "" : ", ") + item; }

std::string declaration(const Column& column) { return column.name + " " + column.type + " NOT NULL"; }

}  // namespace

std::string Columns::keys() const {
  std::string out;
  for (const auto& column : columns_)
    if (column.role == Column::Role::key) append(out, column.name);
  return out;
}

std::vector<std::string> Columns::migration(int version) const {
  if (version == since_) {
    std::string body;
    for (const auto& column : columns_)
      if (column.since <= since_) append(body, declaration(column));
    append(body, (kind_ == Kind::by_key ? "PRIMARY KEY(" : "UNIQUE(") + keys() + ")");
    return {"CREATE TABLE " + table_ + "(" + body + ")" + (kind_ == Kind::by_key ? " WITHOUT ROWID" : "")};
  }
  std::vector<std::string> out;
  for (const auto& column : columns_)
    if (column.since == version && version > since_)
      out.push_back("ALTER TABLE " + table_ + " ADD COLUMN " + declaration(column) + " DEFAULT " + column.initial);
  return out;
}

int Columns::newest() const {
  int version = since_;
  for (const auto& column : columns_) version = std::max(version, column.since);
  return version;
}

std::string Columns::list(const std::string& alias) const {
  std::string out;
  for (const auto& column : columns_) append(out, (alias.empty() ? "" : alias + ".") + column.name);
  return out;
}

std::string Columns::listOrInitial(const std::string& alias) const {
  std::string out;
  for (const auto& column : columns_)
    if (column.role != Column::Role::key)
      append(out, "coalesce(" + alias + "." + column.name + ", " + column.initial + ")");
  return out;
}

std::string Columns::insert(const std::string& verb) const {
  std::string values;
  for (std::size_t i = 0; i < columns_.size(); ++i) append(values, "?");
  return verb + " INTO " + table_ + "(" + list() + ") VALUES(" + values + ")";
}

std::string Columns::remove() const {
  std::string where;
  for (const auto& column : columns_)
    if (column.role == Column::Role::key) where += (where.empty() ? "" : " AND ") + column.name + "=?";
  return "DELETE FROM " + table_ + " WHERE " + where;
}

std::string Columns::upsert() const {
  std::string facts;
  for (const auto& column : columns_)
    if (column.role == Column::Role::fact) append(facts, column.name + "=excluded." + column.name);
  return insert("INSERT") + " ON CONFLICT(" + keys() + ") DO UPDATE SET " + facts;
}

}  // namespace hookswitch::store
