// How many connections one address may hold.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>

struct sockaddr_storage;

namespace hookswitch::net {

/// Shared by the listeners of a process, so that a second one gives nobody a second share. Held by shared_ptr. [any]
class PeerLimit : public std::enable_shared_from_this<PeerLimit> {
 public:
  /// The right to one connection; given back when it goes.
  class Place {
   public:
    Place() = default;
    Place(Place&& other) noexcept : limit_(std::move(other.limit_)), peer_(std::move(other.peer_)) {
      other.limit_ = nullptr;
    }
    Place& operator=(Place&& other) noexcept;
    ~Place();
    explicit operator bool() const { return limit_ != nullptr; }
    const std::string& peer() const { return peer_; }  ///< empty without a place

   private:
    friend class PeerLimit;
    Place(std::shared_ptr<PeerLimit> limit, std::string peer) : limit_(std::move(limit)), peer_(std::move(peer)) {}
    std::shared_ptr<PeerLimit> limit_;
    std::string peer_;
  };
  struct Refused {
    std::uint64_t count = 0;  ///< since the start
    std::string last;         ///< whose connection was refused last
  };

  explicit PeerLimit(std::size_t most) : most_(most) {}  ///< 0: no bound
  void setMost(std::size_t most) { most_ = most; }       ///< what is open stays open
  std::size_t most() const { return most_; }
  /// One more listener shares this.
  void addListener() { ++listeners_; }
  /// What an address may hold on one listener. Of several each keeps an eighth for itself: whoever fills the one that
  /// everybody reaches shuts nobody of the same address, such as a tunnel's, out of the other.
  std::size_t share() const;

  /// A place without a limit behind it when `peer` holds as many as it may.
  Place enter(const std::string& peer);
  /// One more was turned away.
  void refuse(const std::string& peer);
  Refused refused() const;

  /// What counts as one address: an IPv4 one, also when it is mapped into IPv6; of IPv6 the network of 64 bits, because
  /// one machine has all of it.
  static std::string peerOf(const sockaddr_storage& address);

 private:
  void leave(const std::string& peer);

  std::atomic<std::size_t> most_, listeners_{0};
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::size_t> held_;
  Refused refused_;
};

}  // namespace hookswitch::net
