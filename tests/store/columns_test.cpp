// The SQL that follows from the columns of a table.
#include "host/store/columns.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using namespace hookswitch::store;
using testing::ElementsAre;
using testing::IsEmpty;
using Role = Column::Role;

Columns table(Columns::Kind kind = Columns::Kind::by_key) {
  return Columns("things", kind, 2,
                 {{"shelf", "TEXT", "''", 2, Role::key},
                  {"place", "INTEGER", "0", 2, Role::key},
                  {"maker", "TEXT", "'nobody'", 2, Role::fixed},
                  {"count", "INTEGER", "0", 2, Role::fact},
                  {"note", "TEXT", "'none'", 4, Role::fact}});
}

TEST(Columns, ATableIsMadeByTheVersionThatBroughtItWithTheColumnsOfThatTime) {
  EXPECT_THAT(table().migration(1), IsEmpty());
  EXPECT_THAT(table().migration(2),
              ElementsAre("CREATE TABLE things(shelf TEXT NOT NULL, place INTEGER NOT NULL, maker TEXT NOT NULL, "
                          "count INTEGER NOT NULL, PRIMARY KEY(shelf, place)) WITHOUT ROWID"));
  EXPECT_THAT(table(Columns::Kind::plain).migration(2),
              ElementsAre("CREATE TABLE things(shelf TEXT NOT NULL, place INTEGER NOT NULL, maker TEXT NOT NULL, "
                          "count INTEGER NOT NULL, UNIQUE(shelf, place))"));
}

TEST(Columns, ALaterColumnIsAddedByItsVersionAndOlderRowsHaveItsInitialValue) {
  EXPECT_THAT(table().migration(3), IsEmpty());
  EXPECT_THAT(table().migration(4), ElementsAre("ALTER TABLE things ADD COLUMN note TEXT NOT NULL DEFAULT 'none'"));
  EXPECT_THAT(table().migration(5), IsEmpty());
  EXPECT_EQ(table().newest(), 4);
}

TEST(Columns, EveryStatementNamesItsColumns) {
  EXPECT_EQ(table().select(), "SELECT shelf, place, maker, count, note FROM things ");
  EXPECT_EQ(table().list("x"), "x.shelf, x.place, x.maker, x.count, x.note");
  EXPECT_EQ(table().replace(), "INSERT OR REPLACE INTO things(shelf, place, maker, count, note) VALUES(?, ?, ?, ?, ?)");
  EXPECT_EQ(table().insertIfNew(),
            "INSERT OR IGNORE INTO things(shelf, place, maker, count, note) VALUES(?, ?, ?, ?, ?)");
  EXPECT_EQ(table().remove(), "DELETE FROM things WHERE shelf=? AND place=?");
}

TEST(Columns, AnUpsertWritesTheFactsAndKeepsWhatIsFixed) {
  EXPECT_EQ(table().upsert(),
            "INSERT INTO things(shelf, place, maker, count, note) VALUES(?, ?, ?, ?, ?) ON CONFLICT(shelf, place) "
            "DO UPDATE SET count=excluded.count, note=excluded.note");
}

TEST(Columns, AJoinThatFindsNoRowHasTheInitialValues) {
  EXPECT_EQ(table().listOrInitial("x"), "coalesce(x.maker, 'nobody'), coalesce(x.count, 0), coalesce(x.note, 'none')");
}

}  // namespace
