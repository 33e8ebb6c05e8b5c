// Writes values with statements that are prepared once. [store]
#pragma once

#include <Poco/Data/Statement.h>

#include <functional>
#include <optional>
#include <string>

#include "host/store/rows.hpp"
#include "host/store/types.hpp"

namespace hookswitch::store {

class Database;

class Writer {
 public:
  explicit Writer(Database& database) : database_(database) {}
  Writer(const Writer&) = delete;

  /// Inside a transaction. Throws what Poco throws; forget() then before anything else.
  void apply(const Write& write);
  /// The statements are prepared anew when next needed: one that has failed cannot run again.
  void forget();

 private:
  using Slot = std::optional<Poco::Data::Statement>;
  template <class Row>
  void run(Slot& slot, const char* sql, Row& row);
  void apply(const SaveCall& save);
  void apply(const SaveLine& save);
  void apply(const SaveHook& save);
  void apply(const SaveKey& save);
  void apply(const DropKey& drop);
  void apply(const SaveLeg& save);

  Database& database_;
  CallFacts facts_;
  CallTexts texts_;
  LineRow line_;
  LineKey line_key_;
  HookRow hook_;
  KeyRow key_;
  CallLeg call_leg_;
  LoneLeg lone_leg_;
  std::string dropped_key_;
  Slot save_call_, save_texts_, save_line_, drop_line_, save_hook_, save_key_, drop_key_, save_call_leg_,
      save_lone_leg_;
};

}  // namespace hookswitch::store
