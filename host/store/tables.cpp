#include "host/store/tables.hpp"

namespace hookswitch::store {
namespace {

using Kind = Columns::Kind;

// Where a field of a call is.
template <class Member>
auto ofCall(Member member) {
  return [member](auto& parts) -> auto& { return parts.save.*member; };
}
template <class Member>
auto ofRecord(Member member) {
  return [member](auto& parts) -> auto& { return parts.save.record.*member; };
}
template <class Member>
auto ofTerms(Member member) {
  return [member](auto& parts) -> auto& { return parts.terms.*member; };
}
template <class Member>
auto ofWitness(Member member) {
  return [member](auto& parts) -> auto& { return parts.save.witness.*member; };
}
template <class Member>
auto ofTransfer(Member member) {
  return [member](auto& parts) -> auto& { return parts.save.record.transfer.*member; };
}
template <class Member>
auto ofLine(Member member) {
  return [member](auto& row) -> auto& { return row.line.*member; };
}

}  // namespace

// A new field: an entry, `since` one more than the version of the latest release. Nothing that is released changes.

const Table<WrittenCall, ReadCall>& calls() {
  using F = Field<WrittenCall, ReadCall>;
  using call::LegWitness, call::Record, call::Terms, call::Transfer, call::TransferState;
  static const Table<WrittenCall, ReadCall> table(
      "calls", Kind::plain, 1,
      {
          F::of("id", ofTerms(&Terms::id)).key(),
          F::of("remote_id", ofRecord(&Record::remote_id)),
          F::of("carrier", ofTerms(&Terms::carrier)),
          F::of("voice", ofTerms(&Terms::voice)),
          F::of("to_number", ofTerms(&Terms::to_number)).fixed(),
          F::of("from_number", ofTerms(&Terms::from_number)).fixed(),
          F::of("base_url", ofTerms(&Terms::base_url)),
          F::word("direction", ofTerms(&Terms::direction), call::Direction::incoming, call::Direction::outbound)
              .fixed(),
          F::of("max_duration_s", ofTerms(&Terms::max_duration_s)).fixed(),
          F::of("ring_timeout_s", ofTerms(&Terms::ring_timeout_s)).fixed(),
          F::word("status", ofRecord(&Record::status), call::Status::ended, call::Status::ended),
          F::of("started", ofRecord(&Record::started_unix_ms)),
          F::of("answered", ofRecord(&Record::answered_unix_ms)),
          F::of("ended", ofRecord(&Record::ended_unix_ms)),
          F::word("outcome", ofRecord(&Record::outcome), call::Outcome::canceled, call::Outcome::failed),
          F::word("ended_by", ofRecord(&Record::ended_by), call::EndedBy::recovery, call::EndedBy::fault),
          F::of("reason", ofRecord(&Record::reason)),
          F::of("transcript_cut", ofRecord(&Record::transcript_cut)),
          F::of("last_line", ofRecord(&Record::last_line)),
          F::of("leg_over", ofCall(&SaveCall::leg_over)),
          F::of("released", ofCall(&SaveCall::released)),
          F::of("started_ms", ofRecord(&Record::started_ms)).since(3),
          F::of("boot", ofRecord(&Record::boot)).since(3),
          F::of("stream_stopped", ofWitness(&LegWitness::stream_stopped)).since(4),
          F::of("unknown_there", ofWitness(&LegWitness::unknown_there)).since(4),
          F::of("transfer_to", ofTransfer(&Transfer::to)).since(5),
          F::word("transfer_state", ofTransfer(&Transfer::state), TransferState::ringing, TransferState::failed)
              .since(5),
      });
  return table;
}

const Table<WrittenCall, ReadCall>& texts() {
  using F = Field<WrittenCall, ReadCall>;
  using call::Terms;
  static const Table<WrittenCall, ReadCall> table(
      "texts", Kind::plain, 1,
      {
          F::of("call", ofTerms(&Terms::id)).key(),
          F::of("prompt", ofTerms(&Terms::prompt)),
          F::of("greeting", ofTerms(&Terms::greeting)),
          F::of("metadata", ofTerms(&Terms::metadata_json)).initially("'{}'"),
      });
  return table;
}

const Table<SaveLine>& lines() {
  using F = Field<SaveLine>;
  using call::Line;
  static const Table<SaveLine> table("lines", Kind::by_key, 1,
                                     {
                                         F::of("call", &SaveLine::call).key(),
                                         F::of("number", ofLine(&Line::number)).key(),
                                         F::of("speaker", ofLine(&Line::speaker)),
                                         F::of("at", ofLine(&Line::at_unix_ms)),
                                         F::of("item", ofLine(&Line::item)),
                                         F::of("text", ofLine(&Line::text)),
                                         F::of("cut", ofLine(&Line::cut)).since(3),
                                     });
  return table;
}

const Table<Hook>& hooks() {
  using F = Field<Hook>;
  using State = call::HookRow::State;
  static const Table<Hook> table("hooks", Kind::by_key, 1,
                                 {
                                     F::of("call", &Hook::call).key(),
                                     F::word("phase", &Hook::phase, call::Phase::settle, call::Phase::notify).key(),
                                     F::of("plugin", &Hook::plugin).key(),
                                     F::word("state", &Hook::state, State::discarded, State::failed),
                                     F::of("attempts", &Hook::attempts),
                                     F::of("deadline_ms", &Hook::deadline_ms),
                                     F::of("first", &Hook::first_unix_ms),
                                     F::of("next", &Hook::next_unix_ms),
                                     F::of("ms", &Hook::ms),
                                     F::of("error", &Hook::error),
                                     F::of("memo", &Hook::memo).since(2),
                                     F::of("apart", &Hook::apart).since(2),
                                 });
  return table;
}

const Table<SaveKey>& keys() {
  using F = Field<SaveKey>;
  static const Table<SaveKey> table("keys", Kind::by_key, 1,
                                    {
                                        F::of("key", &SaveKey::key).key(),
                                        F::of("digest", &SaveKey::body_digest),
                                        F::of("call", &SaveKey::call),
                                        F::of("created", &SaveKey::created_unix_ms),
                                        F::of("status", &SaveKey::status),
                                        F::of("body", &SaveKey::body),
                                    });
  return table;
}

const Table<LegRow>& legs() {
  using F = Field<LegRow>;
  static const Table<LegRow> table("legs", Kind::by_key, 3,
                                   {
                                       F::of("carrier", &LegRow::carrier).key(),
                                       F::of("remote_id", &LegRow::remote_id).key(),
                                       F::of("call", &LegRow::call),
                                       F::of("seen", &LegRow::seen_unix_ms),
                                   });
  return table;
}

std::vector<const Columns*> everyTable() {
  return {&calls().columns(), &texts().columns(), &lines().columns(),
          &hooks().columns(), &keys().columns(),  &legs().columns()};
}

}  // namespace hookswitch::store
