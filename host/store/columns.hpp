// The columns of a table, and the SQL that follows from them. Private to this folder. [any]
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace hookswitch::store {

/// One column. It is never changed once it is released: an older file has it as it says here.
struct Column {
  enum class Role : int {
    key = 1,    ///< with the others of its table that are keys, it says which row this is
    fixed = 2,  ///< written once
    fact = 3,   ///< written again with every change
  };
  std::string name;
  std::string type;     ///< of SQL
  std::string initial;  ///< what a row has that is older than the column, and one that is missing in a join: SQL
  int since = 1;        ///< the version of the schema that brought it
  Role role = Role::fact;
};

class Columns {
 public:
  /// How SQLite keeps the rows. `plain`: in the order in which they came, beside an index of the keys; for long rows.
  enum class Kind : int { plain = 1, by_key = 2 };

  Columns(std::string table, Kind kind, int since, std::vector<Column> columns)
      : table_(std::move(table)), kind_(kind), since_(since), columns_(std::move(columns)) {}

  const std::string& table() const { return table_; }
  const std::vector<Column>& all() const { return columns_; }

  /// What brings the table, or columns of it, to a file of the version before: none, one or several statements.
  std::vector<std::string> migration(int version) const;
  int newest() const;  ///< version that brought something
  /// "a, b, c"; with an alias "x.a, x.b, x.c".
  std::string list(const std::string& alias = {}) const;
  /// What a join that finds no row has: "coalesce(x.b, ''), coalesce(x.c, '{}')", without the keys.
  std::string listOrInitial(const std::string& alias) const;

  std::string select() const { return "SELECT " + list() + " FROM " + table_ + " "; }
  std::string insertIfNew() const { return insert("INSERT OR IGNORE"); }
  std::string replace() const { return insert("INSERT OR REPLACE"); }
  std::string remove() const;  ///< the row of these keys
  std::string upsert() const;  ///< a known row gets the new facts and keeps what is fixed

 private:
  std::string insert(const std::string& verb) const;
  std::string keys() const;

  std::string table_;
  Kind kind_;
  int since_;
  std::vector<Column> columns_;
};

}  // namespace hookswitch::store
