// What the two machines of a call share: the call itself writes it, its teardown reads it.
#pragma once

#include <cstdint>
#include <string>

namespace hookswitch::call {

/// How far the carrier's side of a call has come.
enum class Leg : std::uint8_t {
  none = 1,      ///< no request is under way and no name is known: as far as anybody knows there is no leg
  dialling = 2,  ///< a create request is under way: the leg will be named, or fail
  named = 3,     ///< the carrier gave it an id
  failed = 4,    ///< the create request failed while the call was ending: there is no leg, unless it is named after all
  over = 5,      ///< the carrier said so, or two witnesses did
};

enum class Media : std::uint8_t {
  awaited = 1,  ///< the carrier's stream has not come
  up = 2,       ///< a bridge exists on a media loop
  gone = 3,     ///< it has existed
};

struct Situation {
  std::string carrier;  ///< plugin id of the carrier of this call
  Leg leg = Leg::none;
  Media media = Media::awaited;
  bool recovery = false;  ///< after a restart: what is known of the leg may be old, settle comes first

  bool named() const { return leg == Leg::named || leg == Leg::over; }
  /// Nothing is left to hang up.
  bool gone() const { return leg == Leg::failed || leg == Leg::over; }
};

}  // namespace hookswitch::call
