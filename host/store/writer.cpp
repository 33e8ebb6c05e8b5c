#include "host/store/writer.hpp"

#include <variant>

#include "host/store/database.hpp"

namespace hookswitch::store {
namespace {

using namespace Poco::Data::Keywords;

constexpr const char* kSaveCall =
    "INSERT INTO calls VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
    "remote_id=excluded.remote_id,"
    " carrier=excluded.carrier, voice=excluded.voice, base_url=excluded.base_url, status=excluded.status, "
    "started=excluded.started,"
    " answered=excluded.answered, ended=excluded.ended, outcome=excluded.outcome, ended_by=excluded.ended_by, "
    "reason=excluded.reason,"
    " transcript_cut=excluded.transcript_cut, last_line=excluded.last_line, leg_over=excluded.leg_over, "
    "released=excluded.released,"
    " started_ms=excluded.started_ms, boot=excluded.boot";
constexpr const char* kSaveTexts = "INSERT OR IGNORE INTO texts VALUES(?,?,?,?)";
constexpr const char* kSaveLine = "INSERT OR REPLACE INTO lines VALUES(?,?,?,?,?,?,?)";
constexpr const char* kDropLine = "DELETE FROM lines WHERE call=? AND number=?";
constexpr const char* kSaveHook = "INSERT OR REPLACE INTO hooks VALUES(?,?,?,?,?,?,?,?,?,?,?,?)";
constexpr const char* kSaveKey = "INSERT OR REPLACE INTO keys VALUES(?,?,?,?,?,?)";
constexpr const char* kDropKey = "DELETE FROM keys WHERE key=?";
constexpr const char* kSaveLeg =
    "INSERT INTO legs VALUES(?,?,?,?) ON CONFLICT(carrier, remote_id) DO UPDATE SET call=excluded.call, "
    "seen=excluded.seen";

}  // namespace

template <class Row>
void Writer::run(Slot& slot, const char* sql, Row& row) {
  if (!slot) {
    slot.emplace(database_.session());
    *slot << sql, use(row);
  }
  slot->execute();
}

void Writer::apply(const Write& write) {
  std::visit([this](const auto& value) { apply(value); }, write);
}

void Writer::apply(const SaveCall& save) {
  facts_.save = texts_.save = &save;
  run(save_call_, kSaveCall, facts_);
  run(save_texts_, kSaveTexts, texts_);
  if (save.record.remote_id.empty()) return;
  call_leg_.save = &save;
  run(save_call_leg_, kSaveLeg, call_leg_);
}

void Writer::apply(const SaveLine& save) {
  line_.save = line_key_.save = &save;
  if (save.line.text.empty())
    run(drop_line_, kDropLine, line_key_);
  else
    run(save_line_, kSaveLine, line_);
}

void Writer::apply(const SaveHook& save) {
  hook_.hook = &save.hook;
  run(save_hook_, kSaveHook, hook_);
}

void Writer::apply(const SaveKey& save) {
  key_.save = &save;
  run(save_key_, kSaveKey, key_);
}

void Writer::apply(const DropKey& drop) {
  dropped_key_ = drop.key;
  run(drop_key_, kDropKey, dropped_key_);
}

void Writer::apply(const SaveLeg& save) {
  lone_leg_.save = &save;
  run(save_lone_leg_, kSaveLeg, lone_leg_);
}

void Writer::forget() {
  for (Slot* slot : {&save_call_, &save_texts_, &save_line_, &drop_line_, &save_hook_, &save_key_, &drop_key_,
                     &save_call_leg_, &save_lone_leg_})
    slot->reset();
}

}  // namespace hookswitch::store
